//! The order of equally sorted entries.

use serde_json::Value;

use super::super::{EmployeeType, Options, RoomType};
use super::site::{options, site_with};

#[tokio::test]
async fn equally_sorted_entries_can_change_their_order() {
    for unstable_ties in [false, true] {
        let site = site_with(Options {
            unstable_ties,
            ..options()
        })
        .await;
        let room = site.room(RoomType::Custom);
        for number in 0..30 {
            site.portal
                .add_folder(&site.rita, &room, &number.to_string());
            let (name, mail) = (format!("Nora {number}"), format!("n{number}@example.org"));
            let person = site.portal.add_person(&name, &mail, EmployeeType::User);
            site.portal.grant(&room, &person, 2);
        }
        site.portal.grant(&room, &site.admin, 9);
        let mut listings = Vec::new();
        for _ in 0..2 {
            let folders = site
                .as_rita
                .get(&format!("files/{room}?filterType=2"))
                .await;
            let members = site.as_rita.get(&format!("files/rooms/{room}/share")).await;
            // The owner always comes first, and managers come before the others.
            assert_eq!(members.response()[0]["isOwner"], true);
            assert_eq!(members.response()[1]["access"], 9);
            let titles: Vec<Value> = folders.response()["folders"]
                .as_array()
                .unwrap()
                .iter()
                .map(|folder| folder["title"].clone())
                .collect();
            let people: Vec<Value> = members
                .response()
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["sharedTo"]["email"].clone())
                .collect();
            listings.push((titles, people));
        }
        assert_eq!(listings[0].0 != listings[1].0, unstable_ties);
        assert_eq!(listings[0].1 != listings[1].1, unstable_ties);
    }
}
