//! Tables: one per message, 100 rows of 20 cells, 10,000 characters.

use sandbox::slack::blocks::message_problems;
use serde_json::{Value, json};

use crate::kit::{accepted, long, only, refused, with};

fn table(rows: usize, cells: usize, text: &str) -> Value {
    let cell = json!({ "type": "raw_text", "text": text });
    json!({ "type": "table", "rows": vec![vec![cell; cells]; rows] })
}

#[test]
fn the_largest_table_passes() {
    let settings = json!([null, { "align": "right", "is_wrapped": true }]);
    accepted(&[with(table(100, 20, "12345"), "column_settings", settings)]);
}

#[test]
fn there_is_one_table_in_a_message() {
    only(&message_problems(&[table(1, 1, "x"), table(1, 1, "x")]), "/blocks", "only_one_table_allowed");
}

#[test]
fn a_table_keeps_its_size() {
    refused(table(0, 1, "x"), "/rows", "more than 0 items");
    refused(table(101, 1, "x"), "/rows", "less than 101 items");
    refused(table(1, 21, "x"), "/rows/0", "1 to 20 cells");
    refused(table(1, 0, "x"), "/rows/0", "1 to 20 cells");
    refused(table(73, 1, &long(137)), "", "less than 10001 characters over all cells");
}

#[test]
fn cells_and_columns_are_of_known_kinds() {
    let odd = json!({ "type": "table", "rows": [[{ "type": "raw_number", "value": 1 }]] });
    refused(odd, "/rows/0/0/type", "unsupported type: raw_number");
    let columns = |settings: Value| with(table(1, 1, "x"), "column_settings", settings);
    refused(columns(json!(vec![json!({}); 21])), "/column_settings", "less than 21 items");
    refused(columns(json!([{ "align": "middle" }])), "/column_settings/0/align", "left, center, right");
}
