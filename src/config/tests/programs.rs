//! The programs of an environment: whole commands, without secrets, marked where a shell reads them.

use super::*;

fn said_of_programs(lines: &[&str]) -> String {
    let token = "api_token_env = \"CKAN_TOKEN_PRODUCTION\"";
    let with: Vec<String> = lines.iter().map(|lines| format!("{token}\n{lines}")).collect();
    let with: Vec<&str> = with.iter().map(String::as_str).collect();
    said(token, &with).replace(&format!("{token}\n"), "")
}

#[test]
fn a_command_line_is_a_whole_command_in_words_of_their_own() {
    insta::assert_snapshot!(said_of_programs(&[
        r#"command_line = ["kubectl", "-n", "datagovuk", "exec", "deploy/ckan-ckan", "-c", "ckan", "--", "ckan"]"#,
        r#"command_line = ["not-in-the-path-of-this-machine"]"#,
        "command_line = []",
        r#"command_line = "ckan""#,
        r#"command_line = ["ckan", 1]"#,
        r#"command_line = [""]"#,
        r#"command_line = ["ckan", " "]"#,
        r#"command_line = ["ckan", "a\nb"]"#,
        r#"command_line = ["-c", "ckan"]"#,
        r#"command_line = ["ssh ckan-host ckan"]"#,
        "remote_shell = true",
        r#"command_time_limit = "10m""#,
        "command_line = [\"ckan\"]\ncommand_time_limit = \"25h\"",
        "command_line = [\"ckan\"]\ncommand_time_limit = \"0s\"",
    ]), @r#"
    command_line = ["kubectl", "-n", "datagovuk", "exec", "deploy/ckan-ckan", "-c", "ckan", "--", "ckan"]
    accepted

    command_line = ["not-in-the-path-of-this-machine"]
    accepted

    command_line = []
    ckan-chatops.toml:20: command_line is empty; write command_line = ["kubectl", "-n", "datagovuk", "exec", "deploy/ckan-ckan", "-c", "ckan", "--", "ckan"], or leave it out

    command_line = "ckan"
    ckan-chatops.toml:20: command_line is not of the right kind; write command_line = ["kubectl", "-n", "datagovuk", "exec", "deploy/ckan-ckan", "-c", "ckan", "--", "ckan"]

    command_line = ["ckan", 1]
    ckan-chatops.toml:20: command_line is not of the right kind; write command_line = ["kubectl", "-n", "datagovuk", "exec", "deploy/ckan-ckan", "-c", "ckan", "--", "ckan"]

    command_line = [""]
    ckan-chatops.toml:20: command_line has an empty word; take it out

    command_line = ["ckan", " "]
    ckan-chatops.toml:20: command_line has an empty word; take it out

    command_line = ["ckan", "a\nb"]
    ckan-chatops.toml:20: command_line has a line break or a control character in it; take it out

    command_line = ["-c", "ckan"]
    ckan-chatops.toml:20: command_line begins with a flag; write the program first, like ["kubectl", "-n", "datagovuk", "exec", "deploy/ckan-ckan", "-c", "ckan", "--", "ckan"]

    command_line = ["ssh ckan-host ckan"]
    ckan-chatops.toml:20: command_line has several words in one text; write each as a text of its own, like ["kubectl", "-n", "datagovuk", "exec", "deploy/ckan-ckan", "-c", "ckan", "--", "ckan"]

    remote_shell = true
    ckan-chatops.toml:16: [environments.production] has remote_shell or command_time_limit, but no command_line; write command_line = ["kubectl", "-n", "datagovuk", "exec", "deploy/ckan-ckan", "-c", "ckan", "--", "ckan"], or leave them out

    command_time_limit = "10m"
    ckan-chatops.toml:16: [environments.production] has remote_shell or command_time_limit, but no command_line; write command_line = ["kubectl", "-n", "datagovuk", "exec", "deploy/ckan-ckan", "-c", "ckan", "--", "ckan"], or leave them out

    command_line = ["ckan"]
    command_time_limit = "25h"
    ckan-chatops.toml:21: command_time_limit is longer than a day, which is the most that is sensible here; write a number and a unit, for example "15m" or "1h"

    command_line = ["ckan"]
    command_time_limit = "0s"
    ckan-chatops.toml:21: command_time_limit is zero, which leaves no time at all; write a number and a unit, for example "15m" or "1h"
    "#);
}

#[test]
fn a_remote_shell_is_named_where_there_is_one_and_nowhere_else() {
    insta::assert_snapshot!(said_of_programs(&[
        r#"command_line = ["/usr/bin/ssh", "ckan-host", "--", "ckan"]"#,
        "command_line = [\"ssh\", \"ckan-host\", \"--\", \"ckan\"]\nremote_shell = true",
        "command_line = [\"ssh\", \"jump\", \"--\", \"kubectl\", \"exec\"]\nremote_shell = true",
        "command_line = [\"kubectl\", \"exec\", \"deploy/ckan\", \"--\", \"ckan\"]\nremote_shell = true",
    ]), @r#"
    command_line = ["/usr/bin/ssh", "ckan-host", "--", "ckan"]
    ckan-chatops.toml:20: command_line goes through ssh, which hands every word to a shell; write remote_shell = true, so that the words are quoted for it

    command_line = ["ssh", "ckan-host", "--", "ckan"]
    remote_shell = true
    accepted

    command_line = ["ssh", "jump", "--", "kubectl", "exec"]
    remote_shell = true
    accepted

    command_line = ["kubectl", "exec", "deploy/ckan", "--", "ckan"]
    remote_shell = true
    ckan-chatops.toml:20: command_line goes through kubectl, which hands words on as they are; leave out remote_shell, or the quotes would become part of them
    "#);
}

#[test]
fn s25_a_secret_in_a_command_is_refused_and_not_repeated() {
    let all = said_of_programs(&[
        r#"command_line = ["kubectl", "--token=hunter2", "exec"]"#,
        r#"command_line = ["kubectl", "--token", "hunter2", "exec"]"#,
        r#"command_line = ["env", "PGPASSWORD=hunter2", "ckan"]"#,
        r#"command_line = ["env", "URL=postgresql://ckan:hunter2@db/ckan", "ckan"]"#,
        r#"tunnel = ["env", "X=eyJhunter2", "ssh"]"#,
        r#"services = { gather = { status = ["curl", "https://me:hunter2@example.gov.uk"] } }"#,
        r#"command_line = ["ckan", "xoxb-hunter2"]"#,
    ]);
    let sentences: String = all.lines().filter(|line| line.contains(".toml:")).collect();
    assert!(!sentences.contains("hunter2"));
    insta::assert_snapshot!(all, @r#"
    command_line = ["kubectl", "--token=hunter2", "exec"]
    ckan-chatops.toml:20: command_line holds a secret, which everybody on the machine could read in its list of processes; take it out, and have the program read it from a file of its own

    command_line = ["kubectl", "--token", "hunter2", "exec"]
    ckan-chatops.toml:20: command_line holds a secret, which everybody on the machine could read in its list of processes; take it out, and have the program read it from a file of its own

    command_line = ["env", "PGPASSWORD=hunter2", "ckan"]
    ckan-chatops.toml:20: command_line holds a secret, which everybody on the machine could read in its list of processes; take it out, and have the program read it from a file of its own

    command_line = ["env", "URL=postgresql://ckan:hunter2@db/ckan", "ckan"]
    ckan-chatops.toml:20: command_line holds a secret, which everybody on the machine could read in its list of processes; take it out, and have the program read it from a file of its own

    tunnel = ["env", "X=eyJhunter2", "ssh"]
    ckan-chatops.toml:20: tunnel holds a secret, which everybody on the machine could read in its list of processes; take it out, and have the program read it from a file of its own

    services = { gather = { status = ["curl", "https://me:hunter2@example.gov.uk"] } }
    ckan-chatops.toml:20: status holds a secret, which everybody on the machine could read in its list of processes; take it out, and have the program read it from a file of its own

    command_line = ["ckan", "xoxb-hunter2"]
    ckan-chatops.toml:20: command_line holds a secret; take it out of the file and put it into the variable that api_token_env names in [environments.production]
    "#);
}

#[test]
fn services_and_tunnels_are_checked_as_well() {
    insta::assert_snapshot!(said_of_programs(&[
        r#"services = { gather = { status = ["true"], restart = ["true"], logs = ["true"] }, csw = { logs = ["true"] } }"#,
        r#"services = { gater = { status = ["true"] } }"#,
        r#"services = { gather = { start = ["true"] } }"#,
        "services = { gather = {} }",
        "services = { gather = { status = [] } }",
        r#"services = { gather = "systemctl" }"#,
        "services = 1",
        r#"tunnel = ["ssh", "-N", "-L", "127.0.0.1:5000:localhost:5000", "ckan-host"]"#,
        r#"tunnel = ["ssh", "-fN", "-L", "127.0.0.1:5000:localhost:5000", "ckan-host"]"#,
        "tunnel = []",
    ]), @r#"
    services = { gather = { status = ["true"], restart = ["true"], logs = ["true"] }, csw = { logs = ["true"] } }
    accepted

    services = { gater = { status = ["true"] } }
    ckan-chatops.toml:20: unknown key gater in [environments.production], services; did you mean gather?

    services = { gather = { start = ["true"] } }
    ckan-chatops.toml:20: unknown key start in [environments.production], services.gather; did you mean restart?

    services = { gather = {} }
    ckan-chatops.toml:20: [environments.production], services.gather says nothing; write status, restart or logs, or leave it out

    services = { gather = { status = [] } }
    ckan-chatops.toml:20: status is empty; write status = ["kubectl", "-n", "datagovuk", "get", "pods", "-l", "app=ckan-gather"], or leave it out

    services = { gather = "systemctl" }
    ckan-chatops.toml:20: gather is not of the right kind; write gather = { status = […], restart = […], logs = […] }

    services = 1
    ckan-chatops.toml:20: services is not of the right kind; write services = { gather = { status = […], restart = […], logs = […] } }

    tunnel = ["ssh", "-N", "-L", "127.0.0.1:5000:localhost:5000", "ckan-host"]
    accepted

    tunnel = ["ssh", "-fN", "-L", "127.0.0.1:5000:localhost:5000", "ckan-host"]
    ckan-chatops.toml:20: tunnel has ssh go to the background, out of the bot's sight; leave out -f

    tunnel = []
    ckan-chatops.toml:20: tunnel is empty; write tunnel = ["kubectl", "-n", "datagovuk", "port-forward", "svc/ckan-ckan", "5000:5000"], or leave it out
    "#);
    let tunnel = "tunnel = [\"kubectl\", \"port-forward\", \"svc/ckan-ckan\", \"5000:5000\"]";
    let elsewhere = format!("ckan_url = \"https://ckan.example.gov.uk\"\n{tunnel}");
    let twice = format!(
        "ckan_url = \"http://127.0.0.1:5000\"\n{tunnel}\napi_token_env = \"CKAN_TOKEN_PRODUCTION\"\n\
         [environments.staging]\nckan_url = \"http://localhost:5000\"\n{tunnel}"
    );
    insta::assert_snapshot!(said("ckan_url = \"http://127.0.0.1:5000\"", &[&elsewhere, &twice]), @r#"
    ckan_url = "https://ckan.example.gov.uk"
    tunnel = ["kubectl", "port-forward", "svc/ckan-ckan", "5000:5000"]
    ckan-chatops.toml:19: tunnel begins on this machine, but ckan_url is elsewhere; write the tunnel's own end, like ckan_url = "http://127.0.0.1:5000"

    ckan_url = "http://127.0.0.1:5000"
    tunnel = ["kubectl", "port-forward", "svc/ckan-ckan", "5000:5000"]
    api_token_env = "CKAN_TOKEN_PRODUCTION"
    [environments.staging]
    ckan_url = "http://localhost:5000"
    tunnel = ["kubectl", "port-forward", "svc/ckan-ckan", "5000:5000"]
    ckan-chatops.toml:21: the tunnel of staging ends at the same address as that of production; write another port, in tunnel and in ckan_url
    "#);
}

#[test]
fn what_is_written_is_what_is_run() {
    let text = format!(
        "{SOUND}command_line = [\"ssh\", \"ckan-host\", \"--\", \"ckan\"]\nremote_shell = true\n\
         command_time_limit = \"2h\"\ntunnel = [\"ssh\", \"-N\"]\n\
         services = {{ fetch = {{ restart = [\"systemctl\", \"restart\", \"fetch\"] }} }}\n"
    );
    let (config, _) = read(&text).unwrap();
    let production = config.environment(None).unwrap();
    let command_line = production.command_line.as_ref().unwrap();
    assert_eq!(command_line.argv, ["ssh", "ckan-host", "--", "ckan"]);
    assert!(command_line.remote_shell);
    assert_eq!(command_line.time_limit, Duration::from_hours(2));
    assert_eq!(production.tunnel.as_deref().unwrap(), ["ssh", "-N"]);
    let fetch = &production.services[&crate::ckan::Service::Fetch];
    assert_eq!(fetch.restart.as_deref().unwrap(), ["systemctl", "restart", "fetch"]);
    assert_eq!((&fetch.status, &fetch.logs), (&None, &None));
}
