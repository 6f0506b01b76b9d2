//! Serves the page: its HTML, its style sheet and its modules.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

use super::config::Page;

/// Every file of the page, and nothing else of its folder.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../page/", $name)))),*]
    };
}

const FILES: &[(&str, &str)] = files![
    "app.js",
    "blocks.js",
    "composer.js",
    "confirm.js",
    "control.js",
    "dates.js",
    "directory.js",
    "dom.js",
    "emoji.js",
    "fields.js",
    "files.js",
    "help.js",
    "index.html",
    "markdown.js",
    "messages.js",
    "modal.js",
    "mrkdwn.js",
    "press.js",
    "rich_text.js",
    "sidebar.js",
    "style.css",
];

/// The file of that name, or 404.
pub(super) async fn file(page: &Page, name: &str) -> Response {
    let Some((name, embedded)) = FILES.iter().find(|(known, _)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let content_type = match name.rsplit_once('.') {
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        _ => "text/html; charset=utf-8",
    };
    let headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store")];
    match page {
        Page::Embedded => (headers, *embedded).into_response(),
        Page::Directory(directory) => match tokio::fs::read(directory.join(name)).await {
            Ok(bytes) => (headers, bytes).into_response(),
            Err(_) => StatusCode::NOT_FOUND.into_response(),
        },
        Page::Absent => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::FILES;

    #[test]
    fn every_module_that_the_page_imports_is_served() {
        for (name, text) in FILES {
            let imports = text.lines().filter_map(|line| line.split_once("from \"./")).map(|(_, rest)| rest);
            for import in imports.filter_map(|rest| rest.split('"').next()) {
                assert!(FILES.iter().any(|(known, _)| *known == import), "{name} imports {import}");
            }
        }
    }
}
