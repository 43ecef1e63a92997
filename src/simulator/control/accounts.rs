//! Accounts, groups and keys, changed without HTTP.

use jiff::Timestamp;

use crate::simulator::portal::Portal;
use crate::simulator::state::people::{ApiKey, EmployeeStatus, EmployeeType, Group};

impl Portal {
    /// The id of the portal's owner, a DocSpace admin.
    pub fn portal_owner(&self) -> String {
        self.world().owner.clone()
    }

    /// A new active account; its id.
    pub fn add_person(&self, name: &str, email: &str, kind: EmployeeType) -> String {
        let mut world = self.world();
        let person = world.new_person(name, email, kind);
        let id = person.id.clone();
        world.people.insert(id.clone(), person);
        id
    }

    /// Disables, invites or activates an account. False if there is no such person.
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

    /// Makes an account one of another type. False if there is no such person.
    pub fn set_type(&self, person: &str, kind: EmployeeType) -> bool {
        self.world()
            .people
            .get_mut(person)
            .map(|person| person.kind = kind)
            .is_some()
    }

    /// Removes an account and its grants. False if there is no such person.
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

    /// Gives an account another name and e-mail address. False if there is no such person.
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

    /// Tells who made an account; the two know each other. False if there is no such person.
    pub fn set_maker(&self, person: &str, maker: &str) -> bool {
        self.add_relation(maker, person);
        let mut world = self.world();
        let person = world.people.get_mut(person);
        person
            .map(|person| person.created_by = Some(maker.to_owned()))
            .is_some()
    }

    /// Makes a guest known to a room admin.
    pub fn add_relation(&self, person: &str, guest: &str) {
        self.world()
            .relations
            .insert((person.to_owned(), guest.to_owned()));
    }

    /// A token as signing in gives it.
    pub fn sign_in_as(&self, person: &str) -> String {
        self.world().new_session(person)
    }

    /// A new group; its id. Names need not be unique. Guests cannot be members and are left out.
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

    /// Puts a person into a group. False if there is no such group, or the person is a guest.
    pub fn add_to_group(&self, group: &str, person: &str) -> bool {
        let mut world = self.world();
        let may = world.may_join(person);
        let group = world.groups.get_mut(group).filter(|_| may);
        group
            .map(|group| group.members.insert(person.to_owned()))
            .is_some()
    }

    /// Makes a member of the group its manager. False if there is no such group, or the person is a guest.
    pub fn set_manager(&self, group: &str, person: &str) -> bool {
        let is_in = self.add_to_group(group, person);
        let mut world = self.world();
        let group = world.groups.get_mut(group).filter(|_| is_in);
        group
            .map(|group| group.manager = Some(person.to_owned()))
            .is_some()
    }

    /// Takes a person out of a group. False if there is no such group, or the person is not in it.
    pub fn remove_from_group(&self, group: &str, person: &str) -> bool {
        self.world()
            .groups
            .get_mut(group)
            .is_some_and(|group| group.members.remove(person))
    }

    /// Gives a group another name. False if there is no such group.
    pub fn rename_group(&self, group: &str, name: &str) -> bool {
        self.world()
            .groups
            .get_mut(group)
            .map(|group| name.clone_into(&mut group.name))
            .is_some()
    }

    /// Deletes a group and its grants. False if there is no such group.
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

    /// A new API key of this person: `sk-…`. No scopes mean every right.
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

    /// Lets a key end at this time. False if there is no such key.
    pub fn expire_key(&self, token: &str, at: Timestamp) -> bool {
        self.world()
            .keys
            .iter_mut()
            .find(|key| key.token == token)
            .map(|key| key.expires = Some(at))
            .is_some()
    }

    /// Makes a key worthless. False if there is no such key.
    pub fn revoke_key(&self, token: &str) -> bool {
        self.set_key_active(token, false)
    }

    /// Makes a revoked key good again. False if there is no such key.
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

    /// Gives a key other scopes; none mean every right. False if there is no such key.
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
