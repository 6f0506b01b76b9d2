//! TEMPORARY shim, never committed.
use crate::operations::Registry;
use clap::Command;
use serde_json::Value;
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Asked {
    pub operation: String,
    pub arguments: Value,
    pub reason: Option<String>,
    pub ticket: Option<String>,
    pub environment: Option<String>,
}
#[allow(missing_docs)]
pub struct Misunderstood {
    pub sentence: String,
}
#[allow(missing_docs)]
pub struct Grammar {
    ops: Vec<(String, Vec<String>)>,
}
#[allow(missing_docs)]
impl Grammar {
    pub fn new(registry: &Registry, _e: &[String], _t: Option<&str>) -> Self {
        Self {
            ops: registry
                .iter()
                .map(|o| (o.meta.name.to_owned(), o.meta.short.iter().map(|s| (*s).to_owned()).collect()))
                .collect(),
        }
    }
    pub fn read(&self, text: &str) -> Result<Asked, Misunderstood> {
        let registry = Registry::all();
        let bad = |s: &str| Misunderstood { sentence: s.to_owned() };
        let mut words: Vec<String> = vec![];
        let mut quoted = false;
        let mut cur = String::new();
        for c in text.chars() {
            match c {
                '"' => quoted = !quoted,
                ' ' if !quoted => {
                    if !cur.is_empty() {
                        words.push(std::mem::take(&mut cur));
                    }
                }
                c => cur.push(c),
            }
        }
        if !cur.is_empty() {
            words.push(cur);
        }
        let name = self.ops.iter().find_map(|(n, s)| {
            if words.len() > 1 && format!("{} {}", words[0], words[1]) == *n {
                Some((n.clone(), 2))
            } else if words.first().is_some_and(|w| s.contains(w) || w == n) {
                Some((n.clone(), 1))
            } else {
                None
            }
        });
        let Some((name, skip)) = name else { return Err(bad("unknown")) };
        let op = registry.find(&name).ok_or_else(|| bad("x"))?;
        let cmd = op
            .augment(Command::new("x").no_binary_name(true))
            .arg(clap::Arg::new("reason").long("reason"))
            .arg(clap::Arg::new("ticket").long("ticket"))
            .arg(clap::Arg::new("env").long("env"));
        let m = cmd.try_get_matches_from(&words[skip..]).map_err(|e| bad(&e.to_string()))?;
        let s = |k: &str| m.get_one::<String>(k).cloned();
        Ok(Asked {
            arguments: op.arguments(&m).map_err(|e| bad(&e.to_string()))?,
            operation: name,
            reason: s("reason"),
            ticket: s("ticket"),
            environment: s("env"),
        })
    }
}
