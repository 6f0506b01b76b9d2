//! The small CKAN.
