//! What the whole-lab tests share.

pub mod pages;
