//! The small Slack.
