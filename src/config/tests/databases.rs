//! Addresses of CKAN's database: in variables, whole, and never shown.

use super::*;

const READ: &str = "database_read_env = \"CKAN_DATABASE_READ\"";
const WRITE: &str = "database_write_env = \"CKAN_DATABASE_WRITE\"";

fn with(lines: &[&str], variables: &[(&str, &str)]) -> Result<(Config, Secrets), Problems> {
    let text = format!("{SOUND}{}\n", lines.join("\n"));
    let lookup = |name: &str| {
        let given = variables.iter().find(|(variable, _)| *variable == name);
        given.map(|(_, value)| (*value).to_owned()).or_else(|| environment(name))
    };
    read_text("ckan-chatops.toml", &text, &lookup)
}

#[test]
fn the_two_roles_of_a_database_are_read_apart() {
    let variables = [
        ("CKAN_DATABASE_READ", "postgres://reader:three@127.0.0.1:5432/ckan"),
        (
            "CKAN_DATABASE_WRITE",
            "postgresql://writer:three@db.example.gov.uk/ckan?sslmode=verify-full&sslrootcert=ca.pem",
        ),
    ];
    let (config, secrets) = with(&[READ, WRITE], &variables).unwrap();
    let production = config.environment(None).unwrap();
    assert_eq!(production.database_read_env.as_deref(), Some("CKAN_DATABASE_READ"));
    assert_eq!(production.database_write_env.as_deref(), Some("CKAN_DATABASE_WRITE"));
    let addresses = &secrets.databases["production"];
    assert_eq!(addresses.read.as_ref().unwrap().expose_secret(), variables[0].1);
    assert_eq!(addresses.write.as_ref().unwrap().expose_secret(), variables[1].1);
    assert!(!format!("{secrets:?}").contains("three"));
}

#[test]
fn s25_a_doubtful_database_is_refused_without_repeating_its_address() {
    let mut all = String::new();
    for value in [
        "(unset)",
        "",
        "three",
        "mysql://role:three@127.0.0.1/ckan",
        "postgres://127.0.0.1/ckan",
        "postgres://role:three@127.0.0.1",
        "postgres://role:three@127.0.0.1/ckan?options=-c%20role%3Dthree",
        "postgres://role:three@db.example.gov.uk/ckan",
        "postgres://role:three@db.example.gov.uk/ckan?sslmode=prefer",
        "postgres://role:three@127.0.0.1/ckan\n",
    ] {
        let variables: &[_] = if value == "(unset)" { &[] } else { &[("CKAN_DATABASE_READ", value)] };
        let problems = with(&[READ], variables).unwrap_err().to_string();
        assert!(!problems.contains("three"), "{problems}");
        writeln!(all, "{value:?}\n{problems}\n").unwrap();
    }
    insta::assert_snapshot!(all, @r#"
    "(unset)"
    ckan-chatops.toml:20: CKAN_DATABASE_READ is not set; put the postgres:// address of CKAN's database, with a role that may only read, into it, or a file's path into CKAN_DATABASE_READ_FILE

    ""
    ckan-chatops.toml:20: CKAN_DATABASE_READ is empty; put the secret into it, or unset it where it is not needed

    "three"
    ckan-chatops.toml:20: CKAN_DATABASE_READ holds no address; put postgres://role:password@host/database into it

    "mysql://role:three@127.0.0.1/ckan"
    ckan-chatops.toml:20: CKAN_DATABASE_READ holds another address than PostgreSQL's; put postgres://role:password@host/database into it

    "postgres://127.0.0.1/ckan"
    ckan-chatops.toml:20: CKAN_DATABASE_READ does not name a role, a host and a database; put postgres://role:password@host/database into it

    "postgres://role:three@127.0.0.1"
    ckan-chatops.toml:20: CKAN_DATABASE_READ does not name a role, a host and a database; put postgres://role:password@host/database into it

    "postgres://role:three@127.0.0.1/ckan?options=-c%20role%3Dthree"
    ckan-chatops.toml:20: CKAN_DATABASE_READ has more after ? than sslmode and sslrootcert; leave the rest out

    "postgres://role:three@db.example.gov.uk/ckan"
    ckan-chatops.toml:20: CKAN_DATABASE_READ would send a password unencrypted if the server asks for it; put ?sslmode=verify-full or ?sslmode=require at its end

    "postgres://role:three@db.example.gov.uk/ckan?sslmode=prefer"
    ckan-chatops.toml:20: CKAN_DATABASE_READ would send a password unencrypted if the server asks for it; put ?sslmode=verify-full or ?sslmode=require at its end

    "postgres://role:three@127.0.0.1/ckan\n"
    ckan-chatops.toml:20: CKAN_DATABASE_READ has a space, a line break or an accent in it; copy the secret again
    "#);
}

#[test]
fn an_address_in_the_file_and_one_role_for_both_are_refused() {
    let same = "postgres://role:three@127.0.0.1/ckan";
    let both = [("CKAN_DATABASE_READ", same), ("CKAN_DATABASE_WRITE", same)];
    let in_file = format!("database_write_env = \"{same}\"");
    let all = [
        with(&[READ, WRITE], &both),
        with(&[READ, "database_write_env = \"CKAN_DATABASE_READ\""], &both),
        with(&[&in_file], &[]),
        with(&["database_url = \"postgres://role:three@127.0.0.1/ckan\""], &[]),
        with(&["database_read_env = 1"], &[]),
    ]
    .map(|read| read.unwrap_err().to_string())
    .join("\n");
    assert!(!all.contains("three"), "{all}");
    insta::assert_snapshot!(all, @r#"
    ckan-chatops.toml:21: database_read_env and database_write_env lead to the same address; name a role that may only read in one, or leave database_read_env out
    ckan-chatops.toml:21: database_read_env and database_write_env lead to the same address; name a role that may only read in one, or leave database_read_env out
    ckan-chatops.toml:20: database_write_env is not the name of a variable; write the name, like "CKAN_DATABASE_READ_PRODUCTION", and put the address into that variable
    ckan-chatops.toml:20: unknown key database_url in [environments.production]; did you mean database_read_env?
    ckan-chatops.toml:20: database_read_env is not of the right kind; write database_read_env = "CKAN_DATABASE_READ_PRODUCTION"
    "#);
}
