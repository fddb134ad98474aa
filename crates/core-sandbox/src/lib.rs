//! Running Python and JavaScript of unknown people.
