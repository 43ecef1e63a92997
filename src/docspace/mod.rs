//! docspace.
