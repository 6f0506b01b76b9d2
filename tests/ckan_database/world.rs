//! The lab's database, its owner's view of it, and rows of the tests' own in it.

use ckan_chatops::ckan::{Database, DatabaseAddresses};
use secrecy::SecretString;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use url::Url;
use uuid::Uuid;

/// The lab's database.
pub(crate) struct World {
    /// As its owner, past the bot.
    pub(crate) owner: PgPool,
    /// As the bot has it.
    pub(crate) database: Database,
    address: Url,
}

#[expect(clippy::disallowed_methods, reason = "the tests are told from outside which database to use")]
fn address() -> Url {
    let Ok(address) = std::env::var("CKAN_CHATOPS_LAB_DATABASE") else {
        panic!(
            "CKAN_CHATOPS_LAB_DATABASE is not set: bring up a lab (deploy/ckan-lab/up) and set it to the address of \
             its database, or run ./test lab"
        );
    };
    address.parse().unwrap()
}

/// The address for another role and, where given, another port.
pub(crate) fn address_of(address: &Url, role: &str, port: Option<u16>) -> SecretString {
    let mut address = address.clone();
    address.set_username(role).unwrap();
    address.set_password(Some(role)).unwrap();
    if port.is_some() {
        address.set_port(port).unwrap();
    }
    SecretString::from(address.to_string())
}

/// A database of these addresses.
pub(crate) fn database(read: Option<SecretString>, write: Option<SecretString>) -> Database {
    Database::new(&DatabaseAddresses { read, write }).unwrap().unwrap()
}

impl World {
    pub(crate) async fn enter() -> Self {
        let address = address();
        let owner = PgPoolOptions::new().max_connections(2).connect(address.as_str()).await.unwrap();
        let database = database(
            Some(address_of(&address, "chatops_read", None)),
            Some(address_of(&address, "chatops_write", None)),
        );
        Self { owner, database, address }
    }

    pub(crate) fn as_role(&self, role: &str, port: Option<u16>) -> SecretString {
        address_of(&self.address, role, port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port().unwrap_or(5432)
    }

    /// Runs these statements as the owner, `$1` bound to the text.
    pub(crate) async fn run(&self, statements: &[&'static str], value: &str) {
        for statement in statements {
            sqlx::query(*statement).bind(value).execute(&self.owner).await.unwrap();
        }
    }

    /// The first column of the first row as text, `$1` bound to the text.
    pub(crate) async fn text(&self, statement: &'static str, value: &str) -> String {
        let found: Option<Option<String>> =
            sqlx::query_scalar(statement).bind(value).fetch_optional(&self.owner).await.unwrap();
        found.map_or_else(|| "no row".to_owned(), |value| value.unwrap_or_else(|| "null".to_owned()))
    }

    /// A dataset of the test's own, withdrawn by its UUID: with a publisher whose tie is cut, and with contacts. The
    /// slug has to be of one test only.
    pub(crate) async fn withdrawn_dataset(&self, name: &'static str) -> Uuid {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes());
        let key = id.to_string();
        self.run(
            &[
                "DELETE FROM member WHERE table_id = $1",
                "DELETE FROM package WHERE id = $1",
                "INSERT INTO package (id, name, title, state, type, private, author, metadata_modified, owner_org) \
                 SELECT $1, $1, 'A dataset', 'deleted', 'dataset', false, 'An author', '2025-06-12 14:03:41', id \
                 FROM \"group\" WHERE name = 'department-for-transport'",
                "INSERT INTO member (id, table_name, table_id, group_id, capacity, state) \
                 SELECT $1, 'package', $1, owner_org, 'organization', 'deleted' FROM package WHERE id = $1",
            ],
            &key,
        )
        .await;
        id
    }

    /// A group of the test's own.
    pub(crate) async fn group(&self, name: &str) {
        self.run(
            &[
                "DELETE FROM member WHERE group_id = $1",
                "DELETE FROM \"group\" WHERE id = $1",
                "INSERT INTO \"group\" (id, name, title, type, state, is_organization) \
                 VALUES ($1, $1, 'A group', 'group', 'active', false)",
            ],
            name,
        )
        .await;
    }

    /// What a restore is about: state, author, last change and ties of a dataset.
    pub(crate) async fn dataset(&self, id: Uuid) -> String {
        self.text(
            "SELECT concat_ws(' | ', state, author, metadata_modified::text, \
             (SELECT string_agg(concat_ws(' ', g.name, m.capacity, m.state), ', ' ORDER BY g.name) \
              FROM member m JOIN \"group\" g ON g.id = m.group_id WHERE m.table_id = p.id)) \
             FROM package p WHERE id = $1",
            &id.to_string(),
        )
        .await
    }
}
