//! `demo`: the whole service against a simulated portal in this process. Nothing leaves the machine.

mod content;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use self::content::{Cast, policies, populate};
use super::{Exit, Out, connect, serve};
use crate::config::{Config, Keep, Limits, Mode, Ownership, PolicySettings, Retry, Sweeping};
use crate::report::dto::Report;
use crate::room::{Access, RoomId};
use crate::service;
use crate::simulator::{Options, Portal, RoomType, RoomView, Trigger};
use crate::store::{OpenMode, Store};
use crate::webhook::Secrets;

const SECRET: &str = "Demo-2026!Secret";
/// How long the demo waits for one room before it fails.
const LIMIT: Duration = Duration::from_secs(60);

/// Run the service against a simulated portal in this process and show what it does
#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// Keep the portal and the service running until Ctrl-C
    #[arg(long)]
    keep: bool,
}

fn config(portal: &Portal, key: &str, store: &std::path::Path) -> Config {
    Config {
        listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
        admin_listen: None,
        policies: PathBuf::from("policies"),
        store: format!("sqlite:{}", store.display()),
        mode: Mode::Enforce,
        host: Some(portal.url()),
        api_key: Some(key.into()),
        webhook_secret: Some(SECRET.into()),
        webhook_secret_previous: None,
        webhook_url: None,
        secret_files: Vec::new(),
        ownership: Ownership::Adopt,
        retry: Retry {
            first: Duration::from_millis(200),
            after_lost_answer: Duration::from_secs(2),
            ..Retry::default()
        },
        limits: Limits::default(),
        sweep: Sweeping::default(),
        keep: Keep::default(),
        policy_settings: PolicySettings::default(),
    }
}

/// A temporary directory, removed at the end.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // The system cleans up its temporary directory anyway.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Demo {
    pub(super) async fn run(&self, out: &mut Out) -> anyhow::Result<Exit> {
        let scratch = Scratch(
            std::env::temp_dir().join(format!("roomwright-demo-{:016x}", fastrand::u64(..))),
        );
        std::fs::create_dir_all(&scratch.0)
            .with_context(|| format!("`{}` cannot be created", scratch.0.display()))?;
        // DocSpace checks its delivery queue every five seconds, which is too slow for a demo.
        let portal = Portal::start(Options {
            retry_scale: 0.02,
            ..Options::default()
        })
        .await?;
        let cast = populate(&portal);
        let config = config(&portal, &cast.key, &scratch.0.join("demo.db"));
        let store = connect::store(&config.store, OpenMode::Create).await?;
        let secrets = Secrets::Required {
            current: SECRET.into(),
            previous: None,
        };
        let policies = service::policies(policies()?);
        let service = serve::service(&config, &store, policies, secrets, None)?;
        let listener = std::net::TcpListener::bind(config.listen)?;
        let hook = format!("http://{}/docspace/webhook", listener.local_addr()?);
        let stop = CancellationToken::new();
        let running = tokio::spawn(serve::run(service, listener, stop.clone()));
        portal.add_webhook(&cast.service, &hook, SECRET, Trigger::RoomCreated.bit());
        swept(&portal).await?;
        let outcome = self.show(&portal, &cast, &store, &hook, out).await;
        if self.keep && outcome.is_ok() {
            keep(&portal, &cast, &hook, out).await?;
        }
        stop.cancel();
        running.await??;
        portal.stop();
        outcome
    }

    async fn show(
        &self,
        portal: &Portal,
        cast: &Cast,
        store: &Store,
        hook: &str,
        out: &mut Out,
    ) -> anyhow::Result<Exit> {
        out.line(&format!(
            "A simulated DocSpace portal listens on {}, roomwright on {hook}.\n\
             The API key belongs to a DocSpace admin, who can read every room but write only to rooms they manage.\n",
            portal.url()
        ))?;
        let scenes = [
            (
                "Clara of the Legal department creates a room for a client. roomwright cannot write to it yet, so it adopts it first",
                &cast.clara,
                RoomType::Editing,
                "Client – ACME – 2026",
            ),
            (
                "Sam creates a room for an offer",
                &cast.sam,
                RoomType::Custom,
                "Offer Globex",
            ),
            (
                "Clara creates a virtual data room, which shows its folders in the order of the policy",
                &cast.clara,
                RoomType::VirtualData,
                "DD Phoenix",
            ),
            (
                "Sam creates a room that no policy matches",
                &cast.sam,
                RoomType::Custom,
                "Lunch plans",
            ),
            (
                "Sam creates a room with the service account as Room manager, so no adoption is needed",
                &cast.sam,
                RoomType::Custom,
                "Team Apollo",
            ),
        ];
        let mut reports = Vec::new();
        let mut duplicates = 0;
        for (scene, who, kind, title) in scenes {
            out.line(&format!("── {scene}"))?;
            let id = match kind {
                RoomType::VirtualData => portal.create_indexed_room(who, title),
                _ if title.starts_with("Team") => {
                    let manager = [(cast.service.as_str(), 9)];
                    portal.create_shared_room(who, kind, title, &manager)
                }
                _ => portal.create_room(who, kind, title),
            };
            let report = finished(store, &RoomId::new(id.to_string())).await?;
            out.text(&report.to_string())?;
            if let Some(room) = portal.room(&id) {
                out.line(&afterwards(portal, &room))?;
                duplicates += room.doubled().len();
            }
            reports.push(report);
        }
        out.line("── The portal delivers the last event again")?;
        let again = delivered_again(portal, store).await?;
        out.line(&again.to_string())?;
        summary(portal, store, &reports, duplicates, out).await
    }
}

/// The report of the run that a repeated delivery causes.
async fn delivered_again(portal: &Portal, store: &Store) -> anyhow::Result<Report> {
    let last = portal
        .deliveries()
        .last()
        .map(|delivery| delivery.event)
        .context("nothing was delivered")?;
    portal.deliver_again(last);
    let seen_twice = async {
        loop {
            if let Some(row) = store.delivery(last, super::now()).await?
                && row.seen > 1
            {
                return Ok::<_, anyhow::Error>(row.room);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let room = tokio::time::timeout(LIMIT, seen_twice)
        .await
        .context("the repeated event did not arrive in time")??;
    finished(store, &room).await
}

/// Waits for the first sweep of the service. A later one would also find the rooms of the demo, and their events would
/// find them in sync.
async fn swept(portal: &Portal) -> anyhow::Result<()> {
    let is_listed = || {
        let mut calls = portal.requests().into_iter();
        calls.any(|call| call.route == Some("files/rooms") && call.status == 200)
    };
    let wait = async {
        while !is_listed() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, wait)
        .await
        .context("the service did not start in time")
}

/// Waits until nothing is left to do for a room, and reads its report.
async fn finished(store: &Store, room: &RoomId) -> anyhow::Result<Report> {
    let wait = async {
        loop {
            if let Some(row) = store.room(room).await?
                && row.job.is_none()
            {
                return Report::read(&row.report).context("the report cannot be read");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, wait)
        .await
        .with_context(|| format!("room {room} was not finished in time"))?
}

fn afterwards(portal: &Portal, room: &RoomView) -> String {
    let mut text = format!("  now: owned by {}\n", portal.name_of(&room.owner));
    for folder in &room.folders {
        let depth = folder.path.matches('/').count();
        let title = folder.path.rsplit('/').next().unwrap_or_default();
        text.push_str(&format!("       {}{title}/\n", "  ".repeat(depth)));
    }
    for (subject, code) in &room.access {
        let role = Access::from_code((*code).into()).map_or("?", Access::name);
        text.push_str(&format!("       {}: {role}\n", portal.name_of(subject)));
    }
    if !room.tags.is_empty() {
        text.push_str(&format!("       tags: {}\n", room.tags.join(", ")));
    }
    text
}

async fn summary(
    portal: &Portal,
    store: &Store,
    reports: &[Report],
    duplicates: usize,
    out: &mut Out,
) -> anyhow::Result<Exit> {
    let count = |word: &str| {
        reports
            .iter()
            .filter(|report| report.outcome == word)
            .count()
    };
    let calls = portal.requests();
    let writes = portal.writes();
    let unknown = calls.iter().filter(|call| !call.known).count();
    let open = store.adoptions().await?.len();
    out.line(&format!(
        "── {} rooms: {} changed, {} skipped, {} refused, {} failed\n   {} calls to the portal, {} of them writes; duplicate folders: {duplicates}; unfinished adoptions: {open}; calls that DocSpace does not have: {unknown}",
        reports.len(), count("changed"), count("skipped"), count("refused"), count("failed"),
        calls.len(), writes.len(),
    ))?;
    let fine = duplicates == 0
        && open == 0
        && unknown == 0
        && count("changed") == 4
        && count("skipped") == 1;
    Ok(if fine { Exit::Fine } else { Exit::Failed })
}

async fn keep(portal: &Portal, cast: &Cast, hook: &str, out: &mut Out) -> anyhow::Result<()> {
    let sam = portal.add_key(&cast.sam, &[]);
    out.line(&format!(
        "\nThe portal and the service run until Ctrl-C. The webhook is {hook}\n\
         Create a room as Sam:\n  curl -s -X POST {url}/api/2.0/files/rooms -H 'Authorization: Bearer {sam}' -H 'Content-Type: application/json' -d '{{\"title\":\"Offer Initech\",\"roomType\":5}}'\n\
         Run your own service against this portal:\n  DOCSPACE_API_HOST={url} DOCSPACE_API_KEY={key} DOCSPACE_WEBHOOK_SECRET='{SECRET}' PORT=3000 roomwright serve\n\
         Let it create the webhook:\n  DOCSPACE_API_HOST={url} DOCSPACE_API_KEY={admin} DOCSPACE_WEBHOOK_SECRET='{SECRET}' roomwright webhook ensure --url http://127.0.0.1:3000/docspace/webhook",
        url = portal.url(),
        key = cast.key,
        admin = portal.add_key(&cast.service, &[]),
    ))?;
    tokio::signal::ctrl_c().await?;
    Ok(())
}
