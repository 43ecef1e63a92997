//! Changes of accounts, groups and keys without HTTP.

use jiff::Timestamp;

use crate::simulator::portal::Portal;
use crate::simulator::state::people::{ApiKey, EmployeeStatus, EmployeeType, Group};

impl Portal {
    /// The id of the portal's owner, a DocSpace admin.
    pub fn portal_owner(&self) -> String {
        self.world().owner.clone()
    }

    /// Adds an active account and returns its id.
    pub fn add_person(&self, name: &str, email: &str, kind: EmployeeType) -> String {
        let mut world = self.world();
        let person = world.new_person(name, email, kind);
        let id = person.id.clone();
        world.people.insert(id.clone(), person);
        id
    }

    /// Disables, invites or activates an account. False if the person does not exist.
    pub fn set_status(&self, person: &str, status: EmployeeStatus) -> bool {
        self.world()
            .people
            .get_mut(person)
            .map(|person| {
                person.status = status;
                person.activation = match status {
                    EmployeeStatus::Pending => 2,
                    EmployeeStatus::Active => 1,
                    EmployeeStatus::Terminated => person.activation,
                };
            })
            .is_some()
    }

    /// Changes the type of an account. False if the person does not exist.
    pub fn set_type(&self, person: &str, kind: EmployeeType) -> bool {
        self.world()
            .people
            .get_mut(person)
            .map(|person| person.kind = kind)
            .is_some()
    }

    /// Removes an account and its grants. False if the person does not exist.
    pub fn remove_person(&self, person: &str) -> bool {
        let mut world = self.world();
        world
            .aces
            .values_mut()
            .for_each(|aces| aces.retain(|ace| ace.subject != person));
        world
            .people
            .get_mut(person)
            .map(|person| person.is_removed = true)
            .is_some()
    }

    /// Changes the name and e-mail address of an account. False if the person does not exist.
    pub fn rename_person(&self, person: &str, name: &str, email: &str) -> bool {
        let (first, last) = name.split_once(' ').unwrap_or((name, ""));
        self.world()
            .people
            .get_mut(person)
            .map(|person| {
                first.clone_into(&mut person.first_name);
                last.clone_into(&mut person.last_name);
                email.clone_into(&mut person.email);
            })
            .is_some()
    }

    /// Sets who created an account, and relates the two. False if the person does not exist.
    pub fn set_maker(&self, person: &str, maker: &str) -> bool {
        self.add_relation(maker, person);
        let mut world = self.world();
        let person = world.people.get_mut(person);
        person
            .map(|person| person.created_by = Some(maker.to_owned()))
            .is_some()
    }

    /// Relates a room admin to a guest, so that the admin can see the guest.
    pub fn add_relation(&self, person: &str, guest: &str) {
        self.world()
            .relations
            .insert((person.to_owned(), guest.to_owned()));
    }

    /// Signs a person in and returns the token.
    pub fn sign_in_as(&self, person: &str) -> String {
        self.world().new_session(person)
    }

    /// Adds a group and returns its id. Names need not be unique. Guests cannot be members and are left out.
    pub fn add_group<P: AsRef<str>>(&self, name: &str, members: &[P]) -> String {
        let mut world = self.world();
        let id = world.new_guid();
        let members = members
            .iter()
            .map(|member| member.as_ref().to_owned())
            .filter(|member| world.may_join(member))
            .collect();
        let group = Group {
            id: id.clone(),
            name: name.to_owned(),
            manager: None,
            members,
            is_system: false,
            is_removed: false,
        };
        world.groups.insert(id.clone(), group);
        id
    }

    /// Adds a person to a group. False if the group does not exist or the person is a guest.
    pub fn add_to_group(&self, group: &str, person: &str) -> bool {
        let mut world = self.world();
        let may = world.may_join(person);
        let group = world.groups.get_mut(group).filter(|_| may);
        group
            .map(|group| group.members.insert(person.to_owned()))
            .is_some()
    }

    /// Makes a member of the group its manager. False if the group does not exist or the person is a guest.
    pub fn set_manager(&self, group: &str, person: &str) -> bool {
        let is_in = self.add_to_group(group, person);
        let mut world = self.world();
        let group = world.groups.get_mut(group).filter(|_| is_in);
        group
            .map(|group| group.manager = Some(person.to_owned()))
            .is_some()
    }

    /// Removes a person from a group. False if the group does not exist or the person is not in it.
    pub fn remove_from_group(&self, group: &str, person: &str) -> bool {
        self.world()
            .groups
            .get_mut(group)
            .is_some_and(|group| group.members.remove(person))
    }

    /// Renames a group. False if the group does not exist.
    pub fn rename_group(&self, group: &str, name: &str) -> bool {
        self.world()
            .groups
            .get_mut(group)
            .map(|group| name.clone_into(&mut group.name))
            .is_some()
    }

    /// Deletes a group and its grants. False if the group does not exist.
    pub fn delete_group(&self, group: &str) -> bool {
        let mut world = self.world();
        world
            .aces
            .values_mut()
            .for_each(|aces| aces.retain(|ace| ace.subject != group));
        world
            .groups
            .get_mut(group)
            .map(|group| group.is_removed = true)
            .is_some()
    }

    /// Adds an API key for this person and returns it: `sk-…`. No scopes means every right.
    pub fn add_key(&self, person: &str, scopes: &[&str]) -> String {
        let mut world = self.world();
        let (id, token, created) = (world.new_guid(), world.new_key_token(), world.now());
        let key = ApiKey {
            id,
            token: token.clone(),
            name: "roomwright".to_owned(),
            person: person.to_owned(),
            scopes: if scopes.contains(&"*") {
                Vec::new()
            } else {
                scopes.iter().map(|scope| (*scope).to_owned()).collect()
            },
            is_active: true,
            created,
            expires: None,
            last_used: None,
        };
        world.keys.push(key);
        token
    }

    /// Sets the expiry time of a key. False if the key does not exist.
    pub fn expire_key(&self, token: &str, at: Timestamp) -> bool {
        self.world()
            .keys
            .iter_mut()
            .find(|key| key.token == token)
            .map(|key| key.expires = Some(at))
            .is_some()
    }

    /// Revokes a key. False if the key does not exist.
    pub fn revoke_key(&self, token: &str) -> bool {
        self.set_key_active(token, false)
    }

    /// Restores a revoked key. False if the key does not exist.
    pub fn restore_key(&self, token: &str) -> bool {
        self.set_key_active(token, true)
    }

    fn set_key_active(&self, token: &str, is_active: bool) -> bool {
        self.world()
            .keys
            .iter_mut()
            .find(|key| key.token == token)
            .map(|key| key.is_active = is_active)
            .is_some()
    }

    /// Sets the scopes of a key; no scopes means every right. False if the key does not exist.
    pub fn set_scopes(&self, token: &str, scopes: &[&str]) -> bool {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.world()
            .keys
            .iter_mut()
            .find(|key| key.token == token)
            .map(|key| key.scopes = scopes)
            .is_some()
    }
}
