//! The public site: where people see datasets, if that is not CKAN itself.
//!
//! Guarantees that only a clear answer counts as "gone" or "still there". Leaves to its callers how long the site may
//! lag behind CKAN.

use reqwest::StatusCode;
use reqwest::header::LOCATION;
use uuid::Uuid;

use super::Site;

/// What the public site says of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicPage {
    /// Its page is gone.
    Gone,
    /// Its page is there.
    StillThere,
    /// The site did not answer, or answered with something else.
    Unclear,
}

impl Site {
    /// What the public site says of this dataset; `None` where none is configured.
    pub async fn public_page(&self, id: Uuid) -> Option<PublicPage> {
        let mut url = self.public_url.clone()?;
        url.path_segments_mut().ok()?.pop_if_empty().extend(["dataset", &id.to_string()]);
        let Ok(response) = self.client.get(url).send().await else { return Some(PublicPage::Unclear) };
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("");
        Some(page(response.status(), location, id))
    }
}

fn page(status: StatusCode, location: &str, id: Uuid) -> PublicPage {
    match status {
        StatusCode::OK => PublicPage::StillThere,
        StatusCode::NOT_FOUND | StatusCode::GONE => PublicPage::Gone,
        // data.gov.uk sends the address of a dataset it knows on to the one that ends in its slug.
        _ if status.is_redirection() && location.contains(&format!("/dataset/{id}/")) => {
            PublicPage::StillThere
        }
        _ => PublicPage::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_answer_counts() {
        let id = Uuid::from_u128(7);
        let there = format!("https://www.data.gov.uk/dataset/{id}/road-safety");
        assert_eq!(page(StatusCode::OK, "", id), PublicPage::StillThere);
        assert_eq!(page(StatusCode::NOT_FOUND, "", id), PublicPage::Gone);
        assert_eq!(page(StatusCode::GONE, "", id), PublicPage::Gone);
        assert_eq!(page(StatusCode::MOVED_PERMANENTLY, &there, id), PublicPage::StillThere);
        assert_eq!(page(StatusCode::FOUND, "https://www.data.gov.uk/login", id), PublicPage::Unclear);
        assert_eq!(page(StatusCode::BAD_GATEWAY, "", id), PublicPage::Unclear);
        assert_eq!(page(StatusCode::FORBIDDEN, "", id), PublicPage::Unclear);
    }
}
