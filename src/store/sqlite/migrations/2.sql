-- Whose hands a room is in, and who was read as its owner after that.
ALTER TABLE custody ADD COLUMN account TEXT;
ALTER TABLE custody ADD COLUMN seen_owner TEXT;
