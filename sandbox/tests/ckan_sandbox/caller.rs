//! Calls actions as a client of CKAN does.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use sandbox::ckan::{CkanConfig, CkanControl, CkanSandbox};
use serde_json::{Value, json};

pub(crate) struct World {
    pub(crate) sandbox: CkanSandbox,
    pub(crate) control: CkanControl,
    pub(crate) http: reqwest::Client,
}

/// What stands for `ckan` and for the scripts of the services.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_sandbox-ckan");
pub(crate) const EDITOR: &str = "sandbox-editor-token";
pub(crate) const ROAD_ACCIDENTS: &str = "road-accidents-2019";

pub(crate) async fn ckan() -> World {
    ckan_of("2.12.0").await
}

pub(crate) async fn ckan_of(version: &str) -> World {
    let config = CkanConfig { version: version.to_owned(), ..CkanConfig::default() };
    let sandbox = CkanSandbox::start(config, SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    // First: it sees to it that a client can be built at all.
    let control = sandbox.control();
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
    World { sandbox, control, http }
}

impl World {
    pub(crate) fn action(&self, method: Method, name: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}/api/3/action/{name}", self.sandbox.url()))
    }

    pub(crate) async fn get(&self, name: &str, query: &[(&str, &str)], token: &str) -> (StatusCode, Value) {
        answer(self.action(Method::GET, name).header("Authorization", token).query(query)).await
    }

    pub(crate) async fn post(&self, name: &str, body: Value, token: &str) -> (StatusCode, Value) {
        answer(self.action(Method::POST, name).header("Authorization", token).json(&body)).await
    }

    /// As the sysadmin, and it must work.
    pub(crate) async fn done(&self, name: &str, body: Value) -> Value {
        let (status, body) = self.post(name, body, self.sandbox.sysadmin_token()).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!(body["success"], json!(true));
        body["result"].clone()
    }

    pub(crate) async fn anonymous(&self, name: &str, body: Value) -> (StatusCode, Value) {
        answer(self.action(Method::POST, name).json(&body)).await
    }

    pub(crate) async fn delete_road_accidents(&self) -> Result<reqwest::Response, reqwest::Error> {
        let request = self.action(Method::POST, "package_delete");
        let request = request.header("Authorization", self.sandbox.sysadmin_token());
        request.json(&json!({"id": ROAD_ACCIDENTS})).send().await
    }

    pub(crate) async fn state_of(&self, name: &str) -> String {
        self.control.dataset(name).await.unwrap().state
    }
}

pub(crate) async fn answer(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json;charset=utf-8");
    (response.status(), response.json().await.unwrap())
}
