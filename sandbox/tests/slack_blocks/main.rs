//! Every rule of Block Kit that the sandbox holds an app to: a broken payload for each, and the largest good ones.

mod elements;
mod kit;
mod layout;
mod tables;
mod views;
