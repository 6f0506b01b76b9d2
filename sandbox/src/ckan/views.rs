//! Rows as CKAN's action API shows them.
//!
//! Guarantees: the keys and the nulls of CKAN 2.12's own answers for a plain schema with ckanext-harvest, in which
//! deleted resources do not appear. Leaves to [`super::actions`] who may see what.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::catalogue::Catalogue;
use super::harvest;
use super::rows::{Kind, Package, Publisher, Resource, User};
use super::seed::seeded_id;

const LICENCE: &str = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/";

/// One more key.
pub(super) fn put(shown: &mut Value, key: &str, value: Value) {
    if let Value::Object(shown) = shown {
        shown.insert(key.to_owned(), value);
    }
}

/// A dataset, or a harvest source, which has a schema of its own.
pub(super) fn package(catalogue: &Catalogue, package: &Package) -> Value {
    let fields = &package.fields;
    let rows = package.active_resources().enumerate();
    let resources: Vec<Value> = rows.map(|(position, row)| resource(package, row, position)).collect();
    let tags: Vec<Value> = fields.tags.iter().map(|name| tag(name)).collect();
    let mut shown = json!({
        "id": package.id,
        "name": fields.name,
        "title": fields.title,
        "notes": fields.notes,
        "state": fields.state,
        "private": fields.private,
        "type": package.type_name(),
        "url": fields.url,
        "owner_org": package.owner_org,
        "organization": catalogue.publisher(&package.owner_org).map(publisher_in_package),
        "creator_user_id": package.creator,
        "metadata_created": package.created,
        "metadata_modified": package.modified,
        "resources": resources,
        "tags": tags,
        "groups": [],
        "relationships_as_subject": [],
        "relationships_as_object": [],
    });
    match &package.kind {
        Kind::Dataset { .. } => {
            put(&mut shown, "num_resources", json!(resources.len()));
            put(&mut shown, "num_tags", json!(tags.len()));
            put(&mut shown, "author", json!(fields.author));
            put(&mut shown, "author_email", json!(fields.author_email));
            put(&mut shown, "maintainer", json!(fields.maintainer));
            put(&mut shown, "maintainer_email", json!(fields.maintainer_email));
            put(&mut shown, "version", Value::Null);
            put(&mut shown, "license_id", json!("uk-ogl"));
            put(&mut shown, "license_title", json!("UK Open Government Licence (OGL)"));
            put(&mut shown, "license_url", json!(LICENCE));
            put(&mut shown, "isopen", json!(true));
            put(&mut shown, "extras", json!(extras(catalogue, package)));
        }
        Kind::Harvest { source_type, config } => {
            put(&mut shown, "source_type", json!(source_type));
            if !config.is_empty() {
                put(&mut shown, "config", json!(config));
            }
            put(&mut shown, "frequency", json!("MANUAL"));
            put(&mut shown, "status", harvest::status(catalogue, package));
        }
    }
    shown
}

/// ckanext-harvest adds its three pairs when a dataset is indexed, so a deleted one is shown without them.
fn extras(catalogue: &Catalogue, package: &Package) -> Vec<Value> {
    let mut own = package.fields.extras.clone();
    own.sort_by(|a, b| a.key.cmp(&b.key));
    let mut shown: Vec<Value> = own.iter().map(|extra| json!(extra)).collect();
    if let Some(source) = harvest::source_of(catalogue, package).filter(|_| package.is_indexed()) {
        let object = harvest::object_id(catalogue, package);
        shown.push(json!({"key": "harvest_object_id", "value": object}));
        shown.push(json!({"key": "harvest_source_id", "value": source.id}));
        shown.push(json!({"key": "harvest_source_title", "value": source.fields.title}));
    }
    shown
}

/// Takes the pairs of ckanext-harvest out again: an answer that CKAN did not read from its index.
pub(super) fn without_harvest_extras(shown: &mut Value) {
    if let Some(extras) = shown.get_mut("extras").and_then(Value::as_array_mut) {
        extras.retain(|extra| {
            let key = extra.get("key").and_then(Value::as_str).unwrap_or_default();
            !matches!(key, "harvest_object_id" | "harvest_source_id" | "harvest_source_title")
        });
    }
}

fn resource(package: &Package, resource: &Resource, position: usize) -> Value {
    json!({
        "id": resource.id,
        "package_id": package.id,
        "name": resource.name,
        "description": "",
        "url": resource.url,
        "url_type": Value::Null,
        "format": resource.format,
        "state": resource.state,
        "position": position,
        "created": package.created,
        "last_modified": Value::Null,
        "metadata_modified": package.seeded_modified,
        "mimetype": Value::Null,
        "mimetype_inner": Value::Null,
        "resource_type": Value::Null,
        "size": Value::Null,
        "hash": "",
        "cache_url": Value::Null,
        "cache_last_updated": Value::Null,
    })
}

fn tag(name: &str) -> Value {
    json!({
        "id": seeded_id("tag", name),
        "name": name,
        "display_name": name,
        "state": "active",
        "vocabulary_id": Value::Null,
    })
}

fn publisher_in_package(publisher: &Publisher) -> Value {
    json!({
        "id": publisher.id,
        "name": publisher.name,
        "title": publisher.title,
        "type": "organization",
        "description": "",
        "image_url": Value::Null,
        "created": publisher.created,
        "is_organization": true,
        "approval_status": "approved",
        "state": "active",
    })
}

/// An organisation by itself: its page's picture is not set, and then CKAN leaves its keys out.
pub(super) fn publisher(publisher: &Publisher, package_count: usize) -> Value {
    json!({
        "id": publisher.id,
        "name": publisher.name,
        "title": publisher.title,
        "display_name": publisher.title,
        "type": "organization",
        "description": "",
        "created": publisher.created,
        "is_organization": true,
        "approval_status": "approved",
        "state": "active",
        "num_followers": 0,
        "package_count": package_count,
    })
}

/// `full` adds what CKAN shows to sysadmins and to the person themselves.
pub(super) fn user(user: &User, created_packages: usize, full: bool) -> Value {
    let email_hash = hex::encode(Sha256::digest(user.email.as_bytes()));
    let mut shown = json!({
        "id": user.id,
        "name": user.name,
        "fullname": user.fullname,
        "display_name": user.fullname,
        "about": Value::Null,
        "created": user.created,
        "last_active": Value::Null,
        "activity_streams_email_notifications": false,
        "sysadmin": user.sysadmin,
        "state": user.state,
        "image_url": Value::Null,
        "image_display_url": Value::Null,
        "email_hash": email_hash.get(..32),
        "number_created_packages": created_packages,
    });
    if full {
        put(&mut shown, "email", json!(user.email));
        put(&mut shown, "apikey", Value::Null);
    }
    shown
}
