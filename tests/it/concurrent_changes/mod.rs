//! People and the portal change a room between the observation and the writes of a run.

mod people;
mod rooms;
