//! The people of the shop.

use std::sync::Arc;

use rsvc::Context;

use crate::api::{
    CreateUserRequest, DeleteUserRequest, GetUserRequest, Preferences, UpdatePreferencesRequest,
    UpdateUserRequest, User, UserError, UserService,
};
use crate::shop::Shop;

pub(crate) struct Users {
    pub(crate) shop: Arc<Shop>,
}

impl UserService for Users {
    async fn get_user(&self, _: Context, request: GetUserRequest) -> Result<User, UserError> {
        Ok(self.shop.db.user(&request.user_id).await?)
    }

    async fn create_user(&self, _: Context, request: CreateUserRequest) -> Result<User, UserError> {
        Ok(self.shop.db.create_user(request).await?)
    }

    async fn update_user(&self, ctx: Context, request: UpdateUserRequest) -> Result<User, UserError> {
        Ok(self.shop.db.update_user(request, &ctx.precondition()).await?)
    }

    async fn update_preferences(
        &self,
        _: Context,
        request: UpdatePreferencesRequest,
    ) -> Result<Preferences, UserError> {
        Ok(self.shop.db.update_preferences(request).await?)
    }

    async fn delete_user(&self, ctx: Context, request: DeleteUserRequest) -> Result<(), UserError> {
        Ok(self.shop.db.delete_user(request, &ctx.precondition()).await?)
    }
}
