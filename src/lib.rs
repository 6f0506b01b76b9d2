//! Runs the CKAN runbook from Slack.
