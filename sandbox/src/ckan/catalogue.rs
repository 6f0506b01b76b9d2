//! The sandbox CKAN's database: rows, how they are found, and the one way a package changes.
//!
//! Guarantees: every change of a package goes through [`Catalogue::replace_fields`], which stamps it, indexes it and
//! remembers when the public could see it. Leaves to [`super::actions`] who may do what.

use jiff::Timestamp;

use super::CkanConfig;
use super::clock::ckan_time;
use super::harvest::Harvest;
use super::index::Index;
use super::rows::{Fields, Kind, Membership, Package, Publisher, Resource, User};
use super::seed::{Seed, SeedDataset, SeedSource, seeded_id};

/// Everything in the database.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    pub(super) publishers: Vec<Publisher>,
    pub(super) users: Vec<User>,
    pub(super) memberships: Vec<Membership>,
    pub(super) packages: Vec<Package>,
    pub(super) activities: Vec<Activity>,
    pub(super) harvest: Harvest,
    pub(super) index: Index,
}

/// One line of a dataset's activity stream.
#[derive(Debug, Clone)]
pub(super) struct Activity {
    pub(super) id: String,
    pub(super) package_id: String,
    pub(super) user_id: String,
    pub(super) kind: &'static str,
    pub(super) at: String,
}

/// When the seeded accounts and organisations were made; CKAN shows it, nobody decides by it.
const SEEDED: &str = "2014-01-01T00:00:00";

impl Catalogue {
    pub(super) fn seeded(config: &CkanConfig) -> Self {
        let seed = &config.seed;
        let mut catalogue = Self::default();
        for publisher in &seed.publishers {
            catalogue.publishers.push(Publisher {
                id: seeded_id("publisher", &publisher.name).to_string(),
                name: publisher.name.clone(),
                title: publisher.title.clone(),
                created: SEEDED.to_owned(),
            });
        }
        catalogue.add_users(seed, config);
        catalogue.packages.extend(seed.sources.iter().map(source_row));
        catalogue.packages.extend(seed.datasets.iter().map(dataset_row));
        let creator = catalogue.users.first().map(|user| user.id.clone()).unwrap_or_default();
        for package in &mut catalogue.packages {
            package.creator.clone_from(&creator);
            package.visibility = vec![(Timestamp::MIN, package.is_public())];
        }
        catalogue.harvest = Harvest::seeded(&catalogue);
        catalogue
    }

    /// The first sysadmin and the first other account get the tokens.
    fn add_users(&mut self, seed: &Seed, config: &CkanConfig) {
        let mut sysadmin_token = Some(config.sysadmin_token.clone());
        let mut editor_token = Some(config.editor_token.clone());
        for user in &seed.users {
            self.users.push(User {
                id: seeded_id("user", &user.name).to_string(),
                name: user.name.clone(),
                fullname: user.fullname.clone(),
                email: user.email.clone(),
                state: user.state.clone(),
                sysadmin: user.sysadmin,
                created: SEEDED.to_owned(),
                token: if user.sysadmin { sysadmin_token.take() } else { editor_token.take() },
            });
            self.memberships.extend(user.memberships.iter().map(|held| Membership {
                publisher_id: seeded_id("publisher", &held.publisher).to_string(),
                user_id: seeded_id("user", &user.name).to_string(),
                capacity: held.capacity.clone(),
            }));
        }
    }

    pub(super) fn user_by_token(&self, token: &str) -> Option<&User> {
        self.users.iter().find(|user| user.token.as_deref() == Some(token))
    }

    pub(super) fn user(&self, id_or_name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id_or_name || user.name == id_or_name)
    }

    pub(super) fn publisher(&self, id_or_name: &str) -> Option<&Publisher> {
        self.publishers.iter().find(|publisher| publisher.id == id_or_name || publisher.name == id_or_name)
    }

    /// By id first, then by name, as CKAN looks it up: a name may look like another's id.
    pub(super) fn package(&self, id_or_name: &str) -> Option<&Package> {
        let by_id = self.packages.iter().find(|package| package.id == id_or_name);
        by_id.or_else(|| self.packages.iter().find(|package| package.fields.name == id_or_name))
    }

    pub(super) fn capacity(&self, publisher_id: &str, user: &User) -> Option<&str> {
        let held = |m: &&Membership| m.publisher_id == publisher_id && m.user_id == user.id;
        self.memberships.iter().find(held).map(|membership| membership.capacity.as_str())
    }

    /// Turns the row on or off that says which organisation a package belongs to; `owner_org` says so as well.
    pub(super) fn set_member(&mut self, id: &str, is_member: bool) {
        if let Some(package) = self.packages.iter_mut().find(|package| package.id == id) {
            package.is_member = is_member;
        }
    }

    /// Writes new field values. `touch` is whether `metadata_modified` moves: CKAN moves it for an edit, and leaves
    /// it alone for `package_delete`.
    pub(super) fn replace_fields(&mut self, id: &str, fields: Fields, touch: bool, now: Timestamp) {
        let Some(package) = self.packages.iter_mut().find(|package| package.id == id) else { return };
        self.index.put(id);
        package.fields = fields;
        if touch {
            package.modified = ckan_time(now);
        }
        let visible = package.is_public();
        if package.visibility.last().is_none_or(|(_, before)| *before != visible) {
            package.visibility.push((now, visible));
        }
    }

    /// Removes a package for good; its memberships go with it, its activities stay.
    pub(super) fn purge(&mut self, id: &str) {
        self.packages.retain(|package| package.id != id);
        self.index.put(id);
        for object in &mut self.harvest.objects {
            if object.package_id.as_deref() == Some(id) {
                object.package_id = None;
            }
        }
    }
}

fn source_row(source: &SeedSource) -> Package {
    Package {
        id: seeded_id("source", &source.name).to_string(),
        seeded_name: source.name.clone(),
        seeded_modified: source.modified.clone(),
        created: source.created.clone(),
        modified: source.modified.clone(),
        owner_org: seeded_id("publisher", &source.publisher).to_string(),
        creator: String::new(),
        is_member: true,
        fields: Fields {
            name: source.name.clone(),
            title: source.title.clone(),
            notes: String::new(),
            state: "active".to_owned(),
            private: false,
            author: String::new(),
            author_email: String::new(),
            maintainer: String::new(),
            maintainer_email: String::new(),
            url: source.url.clone(),
            tags: Vec::new(),
            extras: Vec::new(),
            resources: Vec::new(),
        },
        kind: Kind::Harvest { source_type: source.source_type.clone(), config: source.config.clone() },
        visibility: Vec::new(),
    }
}

fn dataset_row(dataset: &SeedDataset) -> Package {
    let resources = dataset.resources.iter().enumerate().map(|(position, resource)| Resource {
        id: seeded_id("resource", &format!("{}/{position}", dataset.name)).to_string(),
        name: resource.name.clone(),
        url: resource.url.clone(),
        format: resource.format.clone(),
        state: resource.state.clone(),
    });
    Package {
        id: seeded_id("dataset", &dataset.name).to_string(),
        seeded_name: dataset.name.clone(),
        seeded_modified: dataset.modified.clone(),
        created: dataset.created.clone(),
        modified: dataset.modified.clone(),
        owner_org: seeded_id("publisher", &dataset.publisher).to_string(),
        creator: String::new(),
        is_member: true,
        fields: Fields {
            name: dataset.name.clone(),
            title: dataset.title.clone(),
            notes: dataset.notes.clone(),
            state: dataset.state.clone(),
            private: dataset.private,
            author: dataset.author.clone(),
            author_email: dataset.author_email.clone(),
            maintainer: dataset.maintainer.clone(),
            maintainer_email: dataset.maintainer_email.clone(),
            url: String::new(),
            tags: dataset.tags.clone(),
            extras: dataset.extras.clone(),
            resources: resources.collect(),
        },
        kind: Kind::Dataset {
            harvested_from: dataset
                .harvest
                .as_ref()
                .map(|harvest| seeded_id("source", &harvest.source).to_string()),
        },
        visibility: Vec::new(),
    }
}
