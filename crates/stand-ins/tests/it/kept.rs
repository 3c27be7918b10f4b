//! One file for all stand-ins: each restores its own part, and its changes affect no other part.

use reqwest::StatusCode;
use tempfile::TempDir;

use crate::world::{DAY, tokens};
use crate::{freshbooks, xero, zoho};

#[tokio::test]
async fn every_stand_in_restores_its_part_of_the_file() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("stand-in.json");

    let world = xero::World::kept_in(&file).await;
    let of_xero = world.connect(&[xero::MAPLE]).await;
    let connections = world.connections(&of_xero.access, &[]).await;
    drop(world);
    let world = zoho::World::kept_in(&file).await;
    let of_zoho = world.connect("eu").await;
    world.pass(DAY).await;
    drop(world);
    let world = freshbooks::World::kept_in(&file).await;
    let of_freshbooks = world.connect().await;
    drop(world);

    let world = xero::World::kept_in(&file).await;
    assert_eq!(world.connections(&of_xero.access, &[]).await, connections);
    tokens(world.refresh(&of_xero.refresh).await).await;
    drop(world);
    let world = zoho::World::kept_in(&file).await;
    assert_eq!(world.probe("eu", &of_zoho.access).await, StatusCode::UNAUTHORIZED);
    tokens(world.refresh("eu", &of_zoho.refresh).await).await;
    drop(world);
    let world = freshbooks::World::kept_in(&file).await;
    tokens(world.refresh(&of_freshbooks.refresh).await).await;
    assert_eq!(world.refresh(&of_freshbooks.refresh).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_organisation_is_connected_from_consent_on() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("stand-in.json");
    let world = xero::World::kept_in(&file).await;
    let given = world.connect(&[xero::MAPLE]).await;
    world.code_for(&xero::ASK, &[xero::PEMBERTON]).await;
    drop(world);
    let world = xero::World::kept_in(&file).await;
    assert_eq!(world.connections(&given.access, &[]).await.len(), 2);
}

#[tokio::test]
async fn a_removed_connection_stays_removed() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("stand-in.json");
    let world = xero::World::kept_in(&file).await;
    let given = world.connect(&[xero::MAPLE]).await;
    let id = world.connections(&given.access, &[]).await[0]["id"].clone();
    assert_eq!(world.remove_connection(&given.access, id.as_str().expect("text")).await, StatusCode::NO_CONTENT);
    drop(world);
    let world = xero::World::kept_in(&file).await;
    assert_eq!(world.connections(&given.access, &[]).await.len(), 0);
}
