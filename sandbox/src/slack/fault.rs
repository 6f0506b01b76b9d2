//! Faults that the control API asks for, each used up a given number of times.

use serde::{Deserialize, Serialize};

/// How a call goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// 429 with `Retry-After`.
    RateLimited { retry_after: u64 },
    /// An HTML page with status 500.
    Http500,
    /// Never answered.
    Timeout,
    /// Carried out, but the connection drops before the answer.
    LoseResponse,
    /// `{"ok":false,"error":code}`.
    Error(String),
}

/// What `POST /control/fault` takes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct FaultRequest {
    pub(super) method: String,
    pub(super) fault: String,
    #[serde(default = "once")]
    pub(super) times: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retry_after: Option<u64>,
}

fn once() -> u32 {
    1
}

impl FaultRequest {
    pub(super) fn fault(&self) -> Option<Fault> {
        Some(match self.fault.as_str() {
            "ratelimited" => Fault::RateLimited { retry_after: self.retry_after.unwrap_or(1) },
            "http_500" => Fault::Http500,
            "timeout" => Fault::Timeout,
            "lose_response" => Fault::LoseResponse,
            other => Fault::Error(other.strip_prefix("error:").filter(|code| !code.is_empty())?.to_owned()),
        })
    }
}

/// The faults still to come.
#[derive(Debug, Default)]
pub(super) struct Faults {
    planned: Vec<(FaultRequest, Fault)>,
}

impl Faults {
    /// Plans it; `times` 0 takes back what was planned for the method.
    pub(super) fn plan(&mut self, request: FaultRequest, fault: Fault) {
        if request.times == 0 {
            self.planned.retain(|(planned, _)| planned.method != request.method);
        } else {
            self.planned.push((request, fault));
        }
    }

    /// The fault that hits this call, if any. `*` is every method and every response address.
    pub(super) fn take(&mut self, method: &str) -> Option<(String, Fault)> {
        let at =
            self.planned.iter().position(|(planned, _)| planned.method == method || planned.method == "*")?;
        let (planned, fault) = self.planned.get_mut(at)?;
        planned.times -= 1;
        let taken = (planned.fault.clone(), fault.clone());
        if planned.times == 0 {
            self.planned.remove(at);
        }
        Some(taken)
    }
}
