//! Lists as people really send them.

use proptest::prelude::*;

use super::*;

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

fn keys(list: &ReadList) -> Vec<(u32, &str)> {
    list.targets.iter().map(|(line, target)| (*line, target.key())).collect()
}

/// The targets of a list in which nothing is wrong.
fn good(bytes: &[u8]) -> Vec<(u32, String)> {
    let list = read(bytes).unwrap();
    assert_eq!((list.bad.as_slice(), list.duplicates.as_slice()), (&[][..], &[][..]));
    keys(&list).into_iter().map(|(line, key)| (line, key.to_owned())).collect()
}

fn roads() -> Vec<(u32, String)> {
    vec![(1, "road-accidents".to_owned()), (2, "road-works".to_owned())]
}

#[test]
fn a_line_is_a_slug_a_uuid_or_an_address() {
    let id = "98b48282-0a09-5590-954a-9818be2884bc";
    let text = format!("road-accidents\n{id}\nhttps://www.data.gov.uk/dataset/{id}/road-safety\n");
    let list = read(text.as_bytes()).unwrap();
    assert_eq!(keys(&list), [(1, "road-accidents"), (2, id)]);
    assert_eq!(list.duplicates.first().map(|same| (same.line, same.first)), Some((3, 2)));
}

#[test]
fn line_ends_of_every_system_and_a_missing_last_one_are_read() {
    for ends in ["\n", "\r\n", "\r", "\u{2028}"] {
        assert_eq!(good(format!("road-accidents{ends}road-works").as_bytes()), roads(), "{ends:?}");
        assert_eq!(good(format!("road-accidents{ends}road-works{ends}").as_bytes()), roads(), "{ends:?}");
    }
    assert_eq!(good(b"\r\n\r\nroad-accidents\r\n \t\r\n,,\r\nroad-works")[1], (6, "road-works".to_owned()));
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_name() {
    assert_eq!(good(b"\xEF\xBB\xBFroad-accidents\nroad-works"), roads());
    assert_eq!(good("road-accidents\n\u{FEFF}road-works\u{200B}\n".as_bytes()), roads());
}

#[test]
fn utf_16_with_a_mark_is_read_and_without_one_refused() {
    let text = "road-accidents\r\nroad-works\r\n";
    for unit in [u16::to_le_bytes, u16::to_be_bytes] {
        assert_eq!(good(&utf16(&format!("\u{FEFF}{text}"), unit)), roads());
        assert_eq!(read(&utf16(text, unit)), Err(NotAList::UnmarkedUtf16));
    }
    assert_eq!(read(b"\xFF\xFEa\0b"), Err(NotAList::NotText), "half a letter at the end");
    assert_eq!(read(b"\xFF\xFE\0\0a\0\0\0"), Err(NotAList::NotText), "UTF-32");
}

#[test]
fn what_is_not_text_is_refused_as_a_whole() {
    assert_eq!(read(b"PK\x03\x04\x14\0\x06\0\x08\0"), Err(NotAList::NotText));
    assert_eq!(read(b"road-accidents\n\0\n"), Err(NotAList::NotText));
    assert_eq!(read(b"road-accidents\x1b[2J\n"), Err(NotAList::NotText));
    assert_eq!(read(b"road-accidents\nroute-d'\xE9t\xE9\n"), Err(NotAList::NotUtf8(2)));
}

#[test]
fn hazard_1_an_empty_list_is_never_all_datasets() {
    for nothing in ["", "\n\n", "\u{FEFF}", "name\n", "name\n \n,,\n", "\"\"\n"] {
        assert_eq!(read(nothing.as_bytes()), Err(NotAList::Empty), "{nothing:?}");
    }
}

#[test]
fn three_megabytes_and_ten_thousand_lines_are_the_most() {
    let mut large = vec![b'\n'; LARGEST - 14];
    large.extend(b"road-accidents");
    assert_eq!(good(&large), [(u32::try_from(LARGEST - 13).unwrap(), "road-accidents".to_owned())]);
    large.push(b'\n');
    assert_eq!(read(&large), Err(NotAList::TooLarge));

    let most: Vec<String> = (0..LONGEST).map(|n| format!("dataset-{n}\n")).collect();
    let most = most.concat();
    assert_eq!(good(most.as_bytes()).len(), LONGEST);
    let refused = read(format!("{most}one-more\n").as_bytes()).unwrap_err();
    insta::assert_snapshot!(refused, @"The list has 10001 lines and at most 10,000 can be done at once. Split it and ask for each part.");
    assert_eq!(good(format!("name\n{most}").as_bytes()).len(), LONGEST, "a header is no dataset");
}

#[test]
fn what_spreadsheets_put_around_a_name_is_taken_off() {
    for line in [
        "road-accidents,",
        "\"road-accidents\"",
        " \"road-accidents\" ,,",
        "“road-accidents”",
        "road-accidents;;",
    ] {
        assert_eq!(good(format!("{line}\nroad-works").as_bytes()), roads(), "{line}");
    }
}

#[test]
fn a_header_says_which_column_is_meant() {
    let table = "Title,Name,Notes\n\"Roads, all\",road-accidents,\"two\nlines\"\nWorks,road-works,\n";
    let list = read(table.as_bytes()).unwrap();
    assert_eq!(keys(&list), [(2, "road-accidents"), (4, "road-works")]);
    assert_eq!(list.header.as_deref(), Some("name"));
    let short = read(b"title;slug\nRoads\n").unwrap();
    assert_eq!(short.bad.len(), 1, "a row without that cell names nothing");
}

#[test]
fn several_values_on_a_line_without_a_header_are_not_guessed_at() {
    let list = read(b"road-accidents, road-works\nroad-signs\n").unwrap();
    assert_eq!(keys(&list), [(2, "road-signs")]);
    insta::assert_snapshot!(list.bad[0].1, @"There is more than one value on this line. Put one dataset on each line, or put a header line such as `name` above the column of the datasets.");
}

#[test]
fn a_quotation_mark_that_stays_open_swallows_nothing() {
    assert_eq!(read(b"road-accidents\n\"road-works\nroad-signs\n"), Err(NotAList::OpenQuote(2)));
    let list = read(b"\"road\nworks\"\nroad-signs\n").unwrap();
    assert_eq!((keys(&list), list.bad[0].0), (vec![(3, "road-signs")], 1));
}

#[test]
fn every_bad_line_is_named_and_told_what_to_type() {
    let list = read(b"road-accidents\nRoad-Works\n-rf\n# comment\nroad-accidents\n/dataset/x\n").unwrap();
    let bad: Vec<String> = list.bad.iter().map(|(line, wrong)| format!("{line}: {wrong}")).collect();
    insta::assert_snapshot!(bad.join("\n"), @"
    2: Slugs are in small letters. If this is the dataset you mean, type `road-works`.
    3: A dataset's name does not begin with a dash. Type the slug as it stands at the end of the address of the dataset's page.
    4: A slug has only small letters a to z, digits, - and _. Type it as it stands at the end of the address of the dataset's page, or give the UUID.
    6: A slug has only small letters a to z, digits, - and _. Type it as it stands at the end of the address of the dataset's page, or give the UUID.
    ");
    assert_eq!(keys(&list), [(1, "road-accidents")]);
    assert_eq!(list.duplicates.iter().map(|same| (same.line, same.first)).collect::<Vec<_>>(), [(5, 1)]);
}

proptest! {
    #[test]
    fn no_bytes_are_dropped_without_a_word_and_none_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
    }

    #[test]
    fn every_line_with_something_on_it_is_accounted_for(
        lines in prop::collection::vec("[a-zA-Z0-9_ ,./:#-]{0,12}", 1..60),
    ) {
        let filled = lines.iter().filter(|line| line.chars().any(|c| !c.is_whitespace() && c != ',')).count();
        match read_text(&lines.join("\n")) {
            Ok(list) => {
                let headers = usize::from(list.header.is_some());
                prop_assert_eq!(list.targets.len() + list.bad.len() + list.duplicates.len() + headers, filled);
            }
            Err(refused) => prop_assert_eq!(refused, NotAList::Empty),
        }
    }
}
