//! Slack's wrappings around addresses and mentions, undone.
//!
//! Guarantees that what a person typed comes back as typed, and what Slack made of it as the address or id. Leaves
//! `<!channel>` and its like as text: they are escaped again on their way out.

/// The text without Slack's wrappings and entities. What was typed as `<…>` comes as `&lt;…&gt;` and stays.
pub(super) fn unwrap(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, from) = rest.split_at(start);
        plain.push_str(&decode(before));
        let Some(end) = from.find('>') else {
            rest = from;
            break;
        };
        let (wrapped, after) = from.split_at(end + 1);
        match meaning(wrapped.get(1..end).unwrap_or_default()) {
            Some(meant) => plain.push_str(&decode(meant)),
            None => plain.push_str(&decode(wrapped)),
        }
        rest = after;
    }
    plain.push_str(&decode(rest));
    plain
}

/// What the inside of `<…>` stands for; `None` where it is none of Slack's forms that stand for a text.
fn meaning(inside: &str) -> Option<&str> {
    let (target, label) = inside.split_once('|').map_or((inside, ""), |(target, label)| (target, label));
    if let Some(user) = target.strip_prefix('@') {
        return Some(user);
    }
    if let Some(channel) = target.strip_prefix('#') {
        return Some(if label.is_empty() { channel } else { label });
    }
    if let Some(address) = target.strip_prefix("mailto:") {
        return Some(address);
    }
    if let Some(number) = target.strip_prefix("tel:") {
        return Some(number);
    }
    (target.starts_with("http://") || target.starts_with("https://")).then_some(target)
}

/// The three entities that Slack writes. `&amp;` last: it may stand before `lt;`.
fn decode(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrappings_are_undone() {
        for (slack, meant) in [
            (
                "withdraw <https://ckan.example/dataset/a?b=1&amp;c=2|ckan.example>",
                "withdraw https://ckan.example/dataset/a?b=1&c=2",
            ),
            ("<https://ckan.example/dataset/a>", "https://ckan.example/dataset/a"),
            ("email <mailto:a@example.gov.uk|a@example.gov.uk>", "email a@example.gov.uk"),
            ("by <@U012ABC|alice> and <@W7>", "by U012ABC and W7"),
            ("see <#C1|data-gov> or <#C2|> or <#C3>", "see data-gov or C2 or C3"),
            ("call <tel:+441234|01234>", "call +441234"),
            ("a &lt;b&gt; &amp;lt; c", "a <b> &lt; c"),
            ("&lt;https://typed|by hand&gt;", "<https://typed|by hand>"),
            ("tell <!channel> and <!subteam^S1|@team>", "tell <!channel> and <!subteam^S1|@team>"),
            ("a < b", "a < b"),
            ("<", "<"),
            ("<>", "<>"),
        ] {
            assert_eq!(unwrap(slack), meant);
        }
    }
}
