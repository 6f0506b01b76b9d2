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

/// One more key.
pub(super) fn put(shown: &mut Value, key: &str, value: Value) {
    if let Value::Object(shown) = shown {
        shown.insert(key.to_owned(), value);
    }
}

pub(super) fn package(catalogue: &Catalogue, package: &Package) -> Value {
    let fields = &package.fields;
    let resources: Vec<Value> = package
        .active_resources()
        .enumerate()
        .map(|(position, row)| resource(package, row, position))
        .collect();
    let mut shown = json!({
        "id": package.id,
        "name": fields.name,
        "title": fields.title,
        "notes": fields.notes,
        "state": fields.state,
        "private": fields.private,
        "type": package.type_name(),
        "url": fields.url,
        "version": "",
        "author": fields.author,
        "author_email": fields.author_email,
        "maintainer": fields.maintainer,
        "maintainer_email": fields.maintainer_email,
        "license_id": Value::Null,
        "license_title": Value::Null,
        "isopen": false,
        "owner_org": package.owner_org,
        "organization": catalogue.publisher(&package.owner_org).map(publisher_in_package),
        "creator_user_id": package.creator,
        "metadata_created": package.created,
        "metadata_modified": package.modified,
        "num_resources": resources.len(),
        "resources": resources,
        "num_tags": fields.tags.len(),
        "tags": fields.tags.iter().map(|name| tag(name)).collect::<Vec<_>>(),
        "extras": extras(catalogue, package),
        "groups": [],
        "relationships_as_subject": [],
        "relationships_as_object": [],
    });
    if let Kind::Harvest { source_type } = &package.kind {
        put(&mut shown, "source_type", json!(source_type));
        put(&mut shown, "frequency", json!("MANUAL"));
        put(&mut shown, "config", Value::Null);
        put(&mut shown, "status", harvest::status(catalogue, package));
    }
    shown
}

/// ckanext-harvest adds its three pairs when a dataset is indexed, so a deleted one is shown without them.
fn extras(catalogue: &Catalogue, package: &Package) -> Vec<Value> {
    let mut shown: Vec<Value> = package.fields.extras.iter().map(|extra| json!(extra)).collect();
    if let Some(source) = harvest::source_of(catalogue, package).filter(|_| package.is_indexed()) {
        let object = harvest::object_id(package);
        shown.push(json!({"key": "harvest_object_id", "value": object}));
        shown.push(json!({"key": "harvest_source_id", "value": source.id}));
        shown.push(json!({"key": "harvest_source_title", "value": source.fields.title}));
    }
    shown
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
        "metadata_modified": package.created,
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
        "image_url": "",
        "created": publisher.created,
        "is_organization": true,
        "approval_status": "approved",
        "state": "active",
    })
}

pub(super) fn publisher(catalogue: &Catalogue, publisher: &Publisher) -> Value {
    let mut shown = publisher_in_package(publisher);
    put(&mut shown, "display_name", json!(publisher.title));
    put(&mut shown, "image_display_url", json!(""));
    put(&mut shown, "num_followers", json!(0));
    put(&mut shown, "package_count", json!(catalogue.public_datasets_of(publisher).count()));
    shown
}

/// `full` adds what CKAN shows to sysadmins and to the person themselves.
pub(super) fn user(user: &User, full: bool) -> Value {
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
        "state": "active",
        "image_url": Value::Null,
        "image_display_url": Value::Null,
        "email_hash": hex::encode(Sha256::digest(user.email.as_bytes())),
        "number_created_packages": 0,
    });
    if full {
        put(&mut shown, "email", json!(user.email));
        put(&mut shown, "apikey", Value::Null);
    }
    shown
}
