mod shared;

use super::connect::CONNECTIONS;
use super::orders::Filter;
use super::*;
use crate::api::{
    ChatMessage, CreateUserRequest, DeleteUserRequest, Event, OrderStatus, OutOfStock, PlaceOrderRequest,
    Preferences, UpdateOrderStatusRequest, UpdatePreferencesRequest, UpdateUserRequest, UserStatus,
    place_order_request::Line, preferences::Theme,
};
use rsvc::{Code, Context, Precondition, Validate as _};
use tempfile::TempDir;

const ADA: &str = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001";
const MALLORY: &str = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a003";

/// Makes two tests of each function: one for each kind of database.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $name() {
                    let directory = tempfile::TempDir::new().unwrap();
                    super::$name(super::open(&directory).await).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $name() {
                    let Some(url) = super::shared::database(stringify!($name)) else { return };
                    super::$name(super::shared::connect(&url).await).await;
                }
            )*
        }
    };
}

on_both! {
    an_address_belongs_to_one_user_whatever_its_letters
    a_change_without_a_mask_keeps_what_is_absent
    a_change_with_a_mask_empties_what_is_named_and_absent
    a_value_that_makes_no_sense_changes_nothing
    preferences_change_by_mask_or_as_a_whole
    preferences_are_valid_after_the_change
    a_change_of_an_old_version_is_refused
    a_change_keeps_to_what_its_caller_has_seen
    users_with_orders_stay
    an_order_takes_from_stock_at_the_price_of_the_shop
    an_order_that_fails_leaves_nothing
    the_same_request_places_one_order
    an_order_goes_its_way_and_no_other
    pages_of_orders_join_without_a_seam
    the_log_is_read_by_user_and_by_order
    a_room_keeps_its_last_messages
    an_event_is_kept_once
    suspended_users_are_not_active
}

async fn open(directory: &TempDir) -> Db {
    let path = directory.path().join("shop.sqlite3");
    Db::open(&path, Arc::default()).await.unwrap()
}

/// What a caller wants who says nothing of versions.
fn unasked() -> Precondition {
    Context::new().precondition()
}

impl Db {
    /// Lets it have so many pages, or those that it has if they are more.
    pub(crate) async fn limit_pages(&self, pages: Option<u32>) {
        let limit = format!("PRAGMA max_page_count = {}", pages.unwrap_or(u32::MAX - 1));
        // Those to come …
        self.first.lock().unwrap().extend(["; ", &limit]);
        // … and all that there are.
        let connections = futures_util::future::join_all((0..CONNECTIONS).map(|_| self.pool.acquire())).await;
        for connection in connections {
            sqlx::raw_sql(sqlx::AssertSqlSafe(limit.as_str()))
                .execute(&mut *connection.unwrap())
                .await
                .unwrap();
        }
    }
}

fn order(user_id: &str, lines: &[(&str, i32)]) -> PlaceOrderRequest {
    let line =
        |(product_id, quantity): &(&str, i32)| Line { product_id: (*product_id).into(), quantity: *quantity };
    PlaceOrderRequest {
        user_id: user_id.into(),
        lines: lines.iter().map(line).collect(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_second_start_keeps_what_the_first_wrote() {
    let directory = TempDir::new().unwrap();
    let db = open(&directory).await;
    let user =
        CreateUserRequest { name: "Edith".into(), email: "edith@shop.example".into(), ..Default::default() };
    let user = db.create_user(user).await.unwrap();
    db.close().await;
    let db = open(&directory).await;
    assert_eq!(db.user(&user.id).await.unwrap(), user);
    assert_eq!(db.user(ADA).await.unwrap().name, "Ada Lovelace");
}

async fn an_address_belongs_to_one_user_whatever_its_letters(db: Db) {
    let request =
        CreateUserRequest { name: "Imp".into(), email: "ADA@shop.Example".into(), ..Default::default() };
    assert!(
        matches!(db.create_user(request).await, Err(Error::EmailTaken(taken)) if taken.email == "ADA@shop.Example")
    );
}

async fn a_change_without_a_mask_keeps_what_is_absent(db: Db) {
    let before = db.user(ADA).await.unwrap();
    let request = UpdateUserRequest { user_id: ADA.into(), age: Some(0), ..Default::default() };
    let after = db.update_user(request, &unasked()).await.unwrap();
    assert_eq!((after.age, after.version), (0, before.version + 1));
    assert_eq!((after.name, after.roles, after.nickname), (before.name, before.roles, before.nickname));
}

async fn a_change_with_a_mask_empties_what_is_named_and_absent(db: Db) {
    let mask = rsvc::prost_types::FieldMask { paths: vec!["nickname".into(), "metadata".into()] };
    let request = UpdateUserRequest {
        user_id: ADA.into(),
        name: Some("not named, so not changed".into()),
        update_mask: Some(mask),
        ..Default::default()
    };
    let after = db.update_user(request, &unasked()).await.unwrap();
    assert_eq!((after.name.as_str(), after.nickname, after.metadata.len()), ("Ada Lovelace", None, 0));
}

async fn a_value_that_makes_no_sense_changes_nothing(db: Db) {
    for request in [
        UpdateUserRequest { name: Some("x".into()), status: Some(77), ..Default::default() },
        UpdateUserRequest { name: Some("x".into()), age: Some(-1), ..Default::default() },
        UpdateUserRequest { name: Some(String::new()), ..Default::default() },
    ] {
        let before = db.user(ADA).await.unwrap();
        let result = db.update_user(UpdateUserRequest { user_id: ADA.into(), ..request }, &unasked()).await;
        assert!(matches!(result, Err(Error::InvalidRequest(_))), "{result:?}");
        assert_eq!(db.user(ADA).await.unwrap(), before);
    }
}

/// So that no handler has to look.
#[test]
fn what_a_mask_may_name_is_for_the_rules() {
    let refused = |path: &str| {
        let update_mask = Some(rsvc::prost_types::FieldMask { paths: vec![path.into()] });
        let user =
            UpdateUserRequest { user_id: ADA.into(), update_mask: update_mask.clone(), ..Default::default() };
        let preferences = Some(Preferences::default());
        let preferences = UpdatePreferencesRequest { user_id: ADA.into(), preferences, update_mask };
        (user.validate().is_err(), preferences.validate().is_err())
    };
    assert_eq!(refused("name"), (false, true));
    assert_eq!(refused("theme"), (true, false));
    for path in ["id", "version", "name.first", "client_settings.zoom", ""] {
        assert_eq!(refused(path), (true, true), "{path}");
    }
}

async fn preferences_change_by_mask_or_as_a_whole(db: Db) {
    let change = async |theme: Theme, languages: &[&str], paths: Option<&[&str]>| {
        let languages = languages.iter().map(|&tag| tag.to_owned()).collect();
        let preferences = Preferences { theme: theme.into(), languages, ..Default::default() };
        let update_mask = paths.map(|paths| rsvc::prost_types::FieldMask {
            paths: paths.iter().map(|&p| p.to_owned()).collect(),
        });
        let request =
            UpdatePreferencesRequest { user_id: ADA.into(), preferences: Some(preferences), update_mask };
        let after = db.update_preferences(request).await.unwrap();
        assert_eq!(db.user(ADA).await.unwrap().preferences.as_ref(), Some(&after));
        (after.theme(), after.languages.join(" "))
    };
    assert_eq!(change(Theme::Dark, &["de", "en"], None).await, (Theme::Dark, "de en".into()));
    assert_eq!(change(Theme::Light, &[], Some(&["theme"])).await, (Theme::Light, "de en".into()));
    // A mask that names nothing is one of what is set.
    assert_eq!(change(Theme::Dark, &[], Some(&[])).await, (Theme::Dark, "de en".into()));
    assert_eq!(change(Theme::Unspecified, &["fr"], None).await, (Theme::Unspecified, "fr".into()));
}

/// The mask of a request lets half of the quiet hours through; what is stored has both or neither.
async fn preferences_are_valid_after_the_change(db: Db) {
    let change = async |quiet_from: Option<i32>, quiet_until: Option<i32>, paths: &[&str]| {
        let preferences = Some(Preferences { quiet_from, quiet_until, ..Default::default() });
        let paths = paths.iter().map(|&path| path.to_owned()).collect();
        let update_mask = Some(rsvc::prost_types::FieldMask { paths });
        let request = UpdatePreferencesRequest { user_id: ADA.into(), preferences, update_mask };
        db.update_preferences(request).await.map(|after| (after.quiet_from, after.quiet_until))
    };
    let half = change(Some(1320), None, &["quiet_from"]).await.unwrap_err();
    let Error::Invalid(violations) = half else { panic!("{half:?}") };
    assert_eq!(violations.to_string(), "quiet hours have a beginning and an end");
    let both = ["quiet_from", "quiet_until"];
    assert_eq!(change(Some(1320), Some(360), &both).await.unwrap(), (Some(1320), Some(360)));
    assert_eq!(change(Some(1290), None, &["quiet_from"]).await.unwrap(), (Some(1290), Some(360)));
    assert!(matches!(change(None, None, &["quiet_until"]).await, Err(Error::Invalid(_))));
    assert_eq!(change(None, None, &both).await.unwrap(), (None, None));
}

async fn a_change_of_an_old_version_is_refused(db: Db) {
    let request =
        UpdateUserRequest { user_id: ADA.into(), age: Some(37), version: Some(1), ..Default::default() };
    db.update_user(request.clone(), &unasked()).await.unwrap();
    assert!(matches!(
        db.update_user(request, &unasked()).await,
        Err(Error::StaleVersion(StaleVersion { expected: 1, actual: 2 }))
    ));
}

async fn a_change_keeps_to_what_its_caller_has_seen(db: Db) {
    let seen = |tag: &str| Context::new().with_metadata("if-match", tag).unwrap().precondition();
    let change = UpdateUserRequest { user_id: ADA.into(), age: Some(37), ..Default::default() };
    assert_eq!(db.update_user(change.clone(), &seen("\"1\"")).await.unwrap().version, 2);
    let refused = |result: Result<(), Error>| match result {
        Err(Error::Status(status)) => status.code() == Code::FailedPrecondition,
        _ => false,
    };
    assert!(refused(db.update_user(change, &seen("\"1\"")).await.map(drop)));
    assert_eq!(db.user(ADA).await.unwrap().version, 2);
    let delete = || DeleteUserRequest { user_id: MALLORY.into(), version: None };
    assert!(refused(db.delete_user(delete(), &seen("\"77\"")).await));
    let version = db.user(MALLORY).await.unwrap().version;
    db.delete_user(delete(), &seen(&format!("\"{version}~gzip\""))).await.unwrap();
}

async fn users_with_orders_stay(db: Db) {
    let delete = |user_id: &str| DeleteUserRequest { user_id: user_id.into(), version: None };
    assert!(matches!(db.delete_user(delete(ADA), &unasked()).await, Err(Error::UserHasOrders(_))));
    db.delete_user(delete(MALLORY), &unasked()).await.unwrap();
    assert!(matches!(db.user(MALLORY).await, Err(Error::UserNotFound(_))));
}

async fn an_order_takes_from_stock_at_the_price_of_the_shop(db: Db) {
    let (order, update) = db.place_order(&order(ADA, &[("teapot", 1), ("cable", 3)])).await.unwrap();
    assert_eq!(order.total.as_ref().unwrap().minor_units, 4180 + 3 * 999);
    let items: Vec<_> = order.items.iter().map(|item| (item.product_id.as_str(), item.quantity)).collect();
    assert_eq!(items, [("teapot", 1), ("cable", 3)]);
    assert_eq!(update.unwrap().sequence, 8);
    let again = db.place_order(&super::tests::order(ADA, &[("teapot", 1)])).await;
    assert!(matches!(again, Err(Error::OutOfStock(OutOfStock { left: 0, .. }))));
}

async fn an_order_that_fails_leaves_nothing(db: Db) {
    let newest = db.newest_update().await.unwrap();
    for (lines, user) in [
        (&[("cable", 1), ("nothing", 1)][..], ADA),
        (&[("cable", 1), ("mouse", -1)], ADA),
        (&[("cable", 1), ("mouse", 1001)], ADA),
        (&[("teapot", 1), ("teapot", 1)], ADA),
        (&[("cable", 1)], MALLORY),
        (&[("cable", 1)], "nobody"),
    ] {
        let result = db.place_order(&order(user, lines)).await;
        assert!(!matches!(result, Ok(_) | Err(Error::Internal(_))), "{lines:?}: {result:?}");
    }
    assert_eq!(db.newest_update().await.unwrap(), newest);
    let page = db.orders(ADA, &[], i64::MAX, 10).await.unwrap();
    assert_eq!(page.orders.len(), 2);
    let stock: i64 = sqlx::query_scalar("SELECT stock FROM products WHERE product_id = 'cable'")
        .fetch_one(&db.pool)
        .await
        .unwrap();
    assert_eq!(stock, 1_000_000);
}

async fn the_same_request_places_one_order(db: Db) {
    let request = PlaceOrderRequest { request_id: "r".into(), ..order(ADA, &[("mouse", 1)]) };
    let (first, update) = db.place_order(&request).await.unwrap();
    assert!(update.is_some());
    let (second, update) = db.place_order(&request).await.unwrap();
    assert_eq!((first, None), (second, update));
    let grace = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a002".to_owned();
    let of_another = PlaceOrderRequest { user_id: grace, ..request };
    assert!(matches!(db.place_order(&of_another).await, Err(Error::RequestIdReused(_))));
}

async fn an_order_goes_its_way_and_no_other(db: Db) {
    let (order, _) = db.place_order(&order(ADA, &[("teapot", 1)])).await.unwrap();
    let step = |status: OrderStatus| UpdateOrderStatusRequest {
        order_id: order.order_id.clone(),
        status: status.into(),
        version: None,
    };
    let early = db.update_order_status(&step(OrderStatus::Delivered)).await;
    assert!(matches!(early, Err(Error::WrongTransition(_))));
    let (_, paid) = db.update_order_status(&step(OrderStatus::Paid)).await.unwrap();
    assert_eq!(paid.revenue_delta_minor_units, 4180);
    let (cancelled, update) = db.update_order_status(&step(OrderStatus::Cancelled)).await.unwrap();
    assert_eq!((cancelled.version, update.version, update.revenue_delta_minor_units), (3, 3, -4180));
    // The teapot is back.
    db.place_order(&super::tests::order(ADA, &[("teapot", 1)])).await.unwrap();
}

async fn pages_of_orders_join_without_a_seam(db: Db) {
    for _ in 0..5 {
        db.place_order(&order(ADA, &[("cable", 1), ("mouse", 2)])).await.unwrap();
    }
    let all = db.orders(ADA, &[], i64::MAX, 100).await.unwrap();
    assert_eq!((all.orders.len(), all.next), (7, None));
    let (mut joined, mut before) = (Vec::new(), Some(i64::MAX));
    while let Some(place) = before {
        let page = db.orders(ADA, &[], place, 3).await.unwrap();
        joined.extend(page.orders);
        before = page.next;
    }
    assert_eq!(joined, all.orders);
    let paid = db.orders(ADA, &[OrderStatus::Paid.into()], i64::MAX, 100).await.unwrap();
    assert_eq!(paid.orders.len(), 1);
}

async fn the_log_is_read_by_user_and_by_order(db: Db) {
    let filter =
        |user_id: &str, order_id: &str| Filter { user_id: user_id.into(), order_id: order_id.into() };
    let sequences = async |after, filter: Filter, limit| {
        let updates = db.updates_after(after, &filter, limit).await.unwrap();
        assert!(updates.iter().all(|update| filter.matches(update)));
        updates.into_iter().map(|update| update.sequence).collect::<Vec<_>>()
    };
    assert_eq!(sequences(0, filter("", ""), 3).await, [1, 2, 3]);
    assert_eq!(sequences(3, filter(ADA, ""), 10).await, [4, 5, 7]);
    assert_eq!(sequences(0, filter("", "3f8e2c1a-0b7d-4e59-8c46-2d90f1a7b003"), 10).await, [6]);
    assert_eq!(sequences(u64::MAX, filter("", ""), 10).await, [0; 0]);
}

async fn a_room_keeps_its_last_messages(db: Db) {
    for number in 0..5u64 {
        for session_id in ["a", "b"] {
            let message =
                ChatMessage { session_id: session_id.into(), message_id: number, ..Default::default() };
            db.store_message(&message, 3).await.unwrap();
        }
    }
    let ids = async |limit| -> Vec<_> {
        db.messages("a", limit).await.unwrap().into_iter().map(|(_, message)| message.message_id).collect()
    };
    assert_eq!(ids(10).await, [2, 3, 4]);
    assert_eq!(ids(2).await, [3, 4]);
    assert!(db.messages("c", 10).await.unwrap().is_empty());
}

async fn an_event_is_kept_once(db: Db) {
    let event = Event { id: "e".into(), count: Some(1), ..Default::default() };
    db.store_event(&event).await.unwrap();
    db.store_event(&Event { count: Some(2), ..event }).await.unwrap();
    let kept: Vec<u8> = sqlx::query_scalar("SELECT event FROM events").fetch_one(&db.pool).await.unwrap();
    assert_eq!(Event::decode(&*kept).unwrap().count, Some(1));
}

async fn suspended_users_are_not_active(db: Db) {
    assert_eq!(db.user(MALLORY).await.unwrap().status(), UserStatus::Suspended);
    assert!(matches!(db.active_user(MALLORY).await, Err(Error::UserNotActive(_))));
}
