//! Cargo does not notice new files in a folder that a macro embeds.
fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
