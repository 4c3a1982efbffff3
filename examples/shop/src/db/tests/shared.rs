//! What is only true, and only matters, where several shops share a database.

use futures_util::future::join_all;
use servers::Postgres;

use super::*;
use crate::db::news::News;

/// A database of its own for the test of this name; `None` where there is no PostgreSQL.
pub(super) fn database(test: &str) -> Option<DatabaseUrl> {
    let server = Postgres::shared("the shop on PostgreSQL")?;
    Some(server.database(test).unwrap().parse().unwrap())
}

pub(super) async fn connect(url: &DatabaseUrl) -> Db {
    Db::connect(url, Arc::default()).await.unwrap()
}

/// The databases of two shops, opened at the same time, as in a deployment: one of them makes the tables.
async fn two(url: &DatabaseUrl) -> [Db; 2] {
    let (one, other) = tokio::join!(connect(url), connect(url));
    [one, other]
}

#[tokio::test]
async fn a_second_shop_finds_what_the_first_wrote() {
    let Some(url) = database("second") else { return };
    let [one, other] = two(&url).await;
    let user =
        CreateUserRequest { name: "Edith".into(), email: "edith@shop.example".into(), ..Default::default() };
    let user = one.create_user(user).await.unwrap();
    assert_eq!(other.user(&user.id).await.unwrap(), user);
    one.close().await;
    assert_eq!(connect(&url).await.user(ADA).await.unwrap().name, "Ada Lovelace");
}

#[tokio::test]
async fn a_request_sent_to_all_shops_places_one_order() {
    let Some(url) = database("one_order") else { return };
    let shops = two(&url).await;
    let request = PlaceOrderRequest { request_id: "r".into(), ..order(ADA, &[("mouse", 1)]) };
    let placed = join_all((0..20).map(|number| shops[number % 2].place_order(&request))).await;
    let placed: Vec<_> = placed.into_iter().map(Result::unwrap).collect();
    assert!(placed.iter().all(|(order, _)| *order == placed[0].0), "{placed:?}");
    assert_eq!(placed.iter().filter(|(_, update)| update.is_some()).count(), 1);
}

#[tokio::test]
async fn of_all_shops_one_sells_the_last_teapot() {
    let Some(url) = database("teapot") else { return };
    let shops = two(&url).await;
    let request = order(ADA, &[("teapot", 1)]);
    let placed = join_all((0..20).map(|number| shops[number % 2].place_order(&request))).await;
    assert_eq!(placed.iter().filter(|placed| placed.is_ok()).count(), 1, "{placed:?}");
    let refused =
        |placed: &Result<_, _>| matches!(placed, Err(Error::OutOfStock(OutOfStock { left: 0, .. })));
    assert_eq!(placed.iter().filter(|placed| refused(placed)).count(), 19, "{placed:?}");
}

#[tokio::test]
async fn of_all_changes_of_a_version_one_is_made() {
    let Some(url) = database("versions") else { return };
    let shops = two(&url).await;
    for version in 1..=5 {
        let change = |number: usize| {
            let age = i32::try_from(number).ok();
            let request =
                UpdateUserRequest { user_id: ADA.into(), age, version: Some(version), ..Default::default() };
            let db = &shops[number % 2];
            async move { db.update_user(request, &unasked()).await }
        };
        let changed = join_all((0..10).map(change)).await;
        assert_eq!(changed.iter().filter(|changed| changed.is_ok()).count(), 1, "{changed:?}");
        let stale = |changed: &&Result<_, _>| matches!(changed, Err(Error::StaleVersion(_)));
        assert_eq!(changed.iter().filter(stale).count(), 9, "{changed:?}");
    }
}

/// An entry of the log that became visible after one with a higher sequence would be missed by whoever follows it.
#[tokio::test]
async fn the_log_grows_at_its_end() {
    let Some(url) = database("log") else { return };
    let shops = two(&url).await;
    let begin = shops[0].newest_update().await.unwrap();
    let writing = join_all((0..40).map(|number| {
        let db = shops[number % 2].clone();
        async move { db.place_order(&order(ADA, &[("cable", 1)])).await.unwrap() }
    }));
    let all = Filter { user_id: String::new(), order_id: String::new() };
    let following = async {
        let (mut last, mut seen) = (begin, 0);
        while seen < 40 {
            let page = shops[1].updates_after(last, &all, 100).await.unwrap();
            seen += page.len();
            last = page.last().map_or(last, |update| update.sequence);
        }
    };
    let both = async { tokio::join!(writing, following) };
    tokio::time::timeout(std::time::Duration::from_mins(1), both).await.unwrap();
}

#[tokio::test]
async fn a_shop_hears_of_what_another_wrote() {
    let Some(url) = database("news") else { return };
    let [one, other] = two(&url).await;
    let mut news = other.listen().await.unwrap().unwrap();
    one.place_order(&order(ADA, &[("cable", 1)])).await.unwrap();
    assert_eq!(news.next().await.unwrap(), News::Orders);
    let message = ChatMessage { session_id: "lobby".into(), ..Default::default() };
    one.store_message(&message, 3).await.unwrap();
    assert_eq!(news.next().await.unwrap(), News::Room("lobby".into()));
    // What fails is no news: the next one is that of the change after it.
    one.place_order(&order(MALLORY, &[("cable", 1)])).await.unwrap_err();
    one.store_message(&message, 3).await.unwrap();
    assert_eq!(news.next().await.unwrap(), News::Room("lobby".into()));
}

/// A shop that is frozen in the middle of a transaction holds up the others for a while, not for good.
#[tokio::test]
async fn a_frozen_shop_loses_its_turn() {
    let Some(url) = database("frozen") else { return };
    let [one, other] = two(&url).await;
    let mut frozen = one.begin(Turn::Orders).await.unwrap();
    other.place_order(&order(ADA, &[("cable", 1)])).await.unwrap();
    let late = sqlx::query("SELECT 1").execute(&mut *frozen).await.map_err(Error::from);
    assert!(matches!(late, Err(Error::ShopUnavailable(_))), "{late:?}");
}

#[tokio::test]
async fn what_postgres_cannot_keep_is_refused() {
    let Some(url) = database("nul") else { return };
    let db = connect(&url).await;
    let request =
        CreateUserRequest { name: "a\0b".into(), email: "n@shop.example".into(), ..Default::default() };
    assert!(matches!(db.create_user(request).await, Err(Error::InvalidRequest(_))));
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_without_its_password() {
    let url: DatabaseUrl = "postgres://shop:secret@127.0.0.1:1/orders".parse().unwrap();
    assert_eq!(url.to_string(), "127.0.0.1:1/orders");
    let error = Db::connect(&url, Arc::default()).await.unwrap_err();
    let text = format!("{url:?} {error:?} {error:#}");
    assert!(
        text.contains("cannot open the database 127.0.0.1:1/orders") && !text.contains("secret"),
        "{text}"
    );
    for wrong in ["mysql://shop:secret@host/orders", "postgres://shop:secret@host:port/orders", "secret"] {
        let text = format!("{:?}", wrong.parse::<DatabaseUrl>().unwrap_err());
        assert!(!text.contains("secret"), "{text}");
    }
}

#[tokio::test]
async fn a_database_that_goes_away_makes_the_shop_unavailable() {
    if Postgres::programs().is_err() {
        return;
    }
    let server = Postgres::start().unwrap();
    let url: DatabaseUrl = server.database("gone").unwrap().parse().unwrap();
    let doubt = Arc::new(Notify::new());
    let db = Db::connect(&url, Arc::clone(&doubt)).await.unwrap();
    db.place_order(&order(ADA, &[("cable", 1)])).await.unwrap();
    let mut news = db.listen().await.unwrap().unwrap();
    drop(server);
    let read = db.user(ADA).await;
    assert!(matches!(read, Err(Error::ShopUnavailable(_))), "{read:?}");
    let written = db.place_order(&order(ADA, &[("cable", 1)])).await;
    assert!(matches!(written, Err(Error::ShopUnavailable(_))), "{written:?}");
    assert!(!matches!(news.next().await, Ok(News::Orders | News::Room(_))));
    // The shop finds out whether it can store anything, as with a disk that is full.
    tokio::time::timeout(std::time::Duration::from_mins(1), doubt.notified()).await.unwrap();
}
