//! Users.

use std::collections::BTreeMap;

use rsvc::{Precondition, Validate as _};
use sqlx::{Any, AnyExecutor, FromRow, Transaction};

use super::{Db, FromJson, Turn, check_version, decode, encode, json, unsigned};
use crate::api::{
    CreateUserRequest, DeleteUserRequest, EmailTaken, Preferences, UpdatePreferencesRequest,
    UpdateUserRequest, User, UserHasOrders, UserNotActive, UserStatus,
};
use crate::error::Error;
use crate::time::{from_micros, now};

#[derive(FromRow)]
struct Row {
    user_id: String,
    name: String,
    email: String,
    age: i32,
    status: i32,
    #[sqlx(try_from = "String")]
    roles: FromJson<Vec<String>>,
    #[sqlx(try_from = "String")]
    metadata: FromJson<BTreeMap<String, String>>,
    nickname: Option<String>,
    utc_offset_minutes: i32,
    preferences: Option<Vec<u8>>,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<Row> for User {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.user_id,
            name: row.name,
            email: row.email,
            age: row.age,
            active: row.status == UserStatus::Active as i32,
            roles: row.roles.0,
            metadata: row.metadata.0.into_iter().collect(),
            created_at: Some(from_micros(row.created_at).into()),
            status: row.status,
            updated_at: Some(from_micros(row.updated_at).into()),
            version: unsigned(row.version),
            nickname: row.nickname,
            utc_offset_minutes: row.utc_offset_minutes,
            preferences: decode("users.preferences", row.preferences)?,
        })
    }
}

impl Db {
    /// The user with this id.
    pub(crate) async fn user(&self, user_id: &str) -> Result<User, Error> {
        find(&self.pool, user_id).await
    }

    /// The user with this id, if active.
    pub(crate) async fn active_user(&self, user_id: &str) -> Result<User, Error> {
        find_active(&self.pool, user_id).await
    }

    pub(crate) async fn create_user(&self, request: CreateUserRequest) -> Result<User, Error> {
        let user_id = uuid::Uuid::new_v4().to_string();
        let mut roles = request.roles;
        roles.sort();
        let user = User {
            id: user_id.clone(),
            name: request.name,
            email: request.email,
            age: request.age,
            status: UserStatus::Active as i32,
            roles,
            metadata: request.metadata,
            nickname: request.nickname,
            utc_offset_minutes: request.utc_offset_minutes,
            preferences: request.preferences,
            ..User::default()
        };
        let mut tx = self.begin(Turn::None).await?;
        save(&mut tx, &user).await?;
        let user = find(&mut *tx, &user_id).await?;
        tx.commit().await?;
        Ok(user)
    }

    pub(crate) async fn update_user(
        &self,
        request: UpdateUserRequest,
        precondition: &Precondition,
    ) -> Result<User, Error> {
        let mut tx = self.begin(Turn::User(&request.user_id)).await?;
        let mut user = find(&mut *tx, &request.user_id).await?;
        precondition.check(&user.version)?;
        check_version(request.version, user.version)?;
        apply(&mut user, &request);
        save(&mut tx, &user).await?;
        let user = find(&mut *tx, &request.user_id).await?;
        tx.commit().await?;
        Ok(user)
    }

    pub(crate) async fn update_preferences(
        &self,
        request: UpdatePreferencesRequest,
    ) -> Result<Preferences, Error> {
        let mut tx = self.begin(Turn::User(&request.user_id)).await?;
        let mut user = find(&mut *tx, &request.user_id).await?;
        let chosen = request.preferences.unwrap_or_default();
        let preferences = match &request.update_mask {
            Some(mask) => {
                let mut changed = user.preferences.take().unwrap_or_default();
                rsvc::mask::merge(&mut changed, chosen, Some(mask))?;
                changed
            }
            None => chosen,
        };
        // The request was tested as far as its mask goes; what is stored is tested as a whole.
        preferences.validate()?;
        user.preferences = Some(preferences.clone());
        save(&mut tx, &user).await?;
        tx.commit().await?;
        Ok(preferences)
    }

    pub(crate) async fn delete_user(
        &self,
        request: DeleteUserRequest,
        precondition: &Precondition,
    ) -> Result<(), Error> {
        let mut tx = self.begin(Turn::User(&request.user_id)).await?;
        let user = find(&mut *tx, &request.user_id).await?;
        precondition.check(&user.version)?;
        check_version(request.version, user.version)?;
        let deleted =
            sqlx::query("DELETE FROM users WHERE user_id = $1").bind(&user.id).execute(&mut *tx).await;
        match deleted {
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                Err(UserHasOrders { user_id: user.id }.into())
            }
            Err(error) => Err(error.into()),
            Ok(_) => Ok(tx.commit().await?),
        }
    }
}

async fn find(db: impl AnyExecutor<'_>, user_id: &str) -> Result<User, Error> {
    sqlx::query_as::<_, Row>(
        "SELECT user_id, name, email, age, status, roles, metadata, nickname, utc_offset_minutes, preferences,
                version, created_at, updated_at
         FROM users WHERE user_id = $1",
    )
    .bind(user_id)
    .fetch_optional(db)
    .await?
    .ok_or_else(|| Error::user_not_found(user_id))?
    .try_into()
}

/// The user with this id, if active.
pub(super) async fn find_active(db: impl AnyExecutor<'_>, user_id: &str) -> Result<User, Error> {
    let user = find(db, user_id).await?;
    if user.active { Ok(user) } else { Err(UserNotActive { user_id: user.id }.into()) }
}

/// Writes a user; the version and the times are the database's business.
async fn save(tx: &mut Transaction<'_, Any>, user: &User) -> Result<(), Error> {
    // Sorted, so that the same map is the same text.
    let metadata: BTreeMap<_, _> = user.metadata.iter().collect();
    let saved = sqlx::query(
        "INSERT INTO users (user_id, name, email, age, status, roles, metadata, nickname, utc_offset_minutes,
                            preferences, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $11)
         ON CONFLICT (user_id) DO UPDATE SET
            name = $2, email = $3, age = $4, status = $5, roles = $6, metadata = $7, nickname = $8,
            utc_offset_minutes = $9, preferences = $10, version = users.version + 1, updated_at = $11",
    )
    .bind(&user.id)
    .bind(&user.name)
    .bind(&user.email)
    .bind(user.age)
    .bind(user.status)
    .bind(json(&user.roles)?)
    .bind(json(&metadata)?)
    .bind(&user.nickname)
    .bind(user.utc_offset_minutes)
    .bind(encode(user.preferences.as_ref()))
    .bind(now())
    .execute(&mut **tx)
    .await;
    match saved {
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            Err(EmailTaken { email: user.email.clone() }.into())
        }
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

/// Changes what `update_mask` names, or, without one, what is present.
fn apply(user: &mut User, request: &UpdateUserRequest) {
    match &request.update_mask {
        Some(mask) => mask.paths.iter().for_each(|path| set(user, request, path)),
        None => present(request).for_each(|path| set(user, request, path)),
    }
}

fn present(request: &UpdateUserRequest) -> impl Iterator<Item = &'static str> {
    [
        ("name", request.name.is_some()),
        ("email", request.email.is_some()),
        ("age", request.age.is_some()),
        ("status", request.status.is_some()),
        ("roles", !request.roles.is_empty()),
        ("metadata", !request.metadata.is_empty()),
        ("nickname", request.nickname.is_some()),
        ("utc_offset_minutes", request.utc_offset_minutes.is_some()),
        ("preferences", request.preferences.is_some()),
    ]
    .into_iter()
    .filter_map(|(path, present)| present.then_some(path))
}

/// Sets the field of this name. The rules of the proto let no other names through.
fn set(user: &mut User, request: &UpdateUserRequest, path: &str) {
    match path {
        "name" => user.name = request.name.clone().unwrap_or_default(),
        "email" => user.email = request.email.clone().unwrap_or_default(),
        "age" => user.age = request.age.unwrap_or_default(),
        "status" => user.status = request.status.unwrap_or_default(),
        "roles" => {
            user.roles.clone_from(&request.roles);
            user.roles.sort();
        }
        "metadata" => user.metadata.clone_from(&request.metadata),
        "nickname" => user.nickname.clone_from(&request.nickname),
        "utc_offset_minutes" => user.utc_offset_minutes = request.utc_offset_minutes.unwrap_or_default(),
        "preferences" => user.preferences.clone_from(&request.preferences),
        _ => {}
    }
}
