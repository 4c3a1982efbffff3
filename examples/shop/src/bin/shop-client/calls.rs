//! The calls.

use std::fmt::Debug;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use rsvc::prost_types::FieldMask;
use rsvc::{Channel, Context, ErrorSet, RequestStream, ResponseStream, Status};
use shop::api::payment::{Invoice, Method};
use shop::api::place_order_request::Line;
use shop::api::request_data::Kind;
use shop::api::{
    Address, ChatMessage, ChatService, ChatServiceClient, Chunk, CreateUserRequest, DeleteUserRequest,
    FileInfo, GetOrderRequest, GetOrdersRequest, GetUserRequest, MonitorRequest, OrderService,
    OrderServiceClient, Payment, PlaceOrderRequest, Preferences, ProcessRequest, RequestData,
    StreamOrderUpdatesRequest, UpdateOrderStatusRequest, UpdatePreferencesRequest, UpdateUserRequest,
    UploadService, UploadServiceClient, UserService, UserServiceClient,
};
use tokio::io::AsyncReadExt;

use crate::args::{Command, split};

/// Messages that wait to be sent.
const CAPACITY: usize = 4;

/// Makes the call that `command` names and prints what comes back.
pub(crate) async fn call(command: &Command, channel: Channel, ctx: Context) -> anyhow::Result<()> {
    let users = UserServiceClient::new(channel.clone());
    let orders = OrderServiceClient::new(channel.clone());
    let uploads = UploadServiceClient::new(channel.clone());
    let chats = ChatServiceClient::new(channel);
    match command.clone() {
        Command::GetUser { user_id } => print(&users.get_user(ctx, GetUserRequest { user_id }).await?),
        Command::CreateUser { name, email, age, nickname } => {
            let request = CreateUserRequest { name, email, age, nickname, ..Default::default() };
            print(&users.create_user(ctx, request).await?)
        }
        Command::UpdateUser { user_id, name, email, age, if_version } => {
            let request =
                UpdateUserRequest { user_id, name, email, age, version: if_version, ..Default::default() };
            print(&users.update_user(ctx, request).await?)
        }
        Command::UpdatePreferences { user_id, theme, language } => {
            let paths = [("theme", theme.is_some()), ("languages", !language.is_empty())];
            let paths = paths.into_iter().filter(|(_, present)| *present).map(|(path, _)| path.to_owned());
            let preferences = Preferences {
                theme: theme.unwrap_or_default().into(),
                languages: language,
                ..Default::default()
            };
            let request = UpdatePreferencesRequest {
                user_id,
                preferences: Some(preferences),
                update_mask: Some(FieldMask { paths: paths.collect() }),
            };
            print(&users.update_preferences(ctx, request).await?)
        }
        Command::DeleteUser { user_id } => {
            let request = DeleteUserRequest { user_id, version: None };
            print(&users.delete_user(ctx, request).await?)
        }
        Command::GetOrder { order_id } => print(&orders.get_order(ctx, GetOrderRequest { order_id }).await?),
        Command::GetOrders { user_id, limit } => {
            let request = GetOrdersRequest { user_id, limit, ..Default::default() };
            print_all(orders.get_orders(ctx, request).await?, None).await
        }
        Command::Watch { user_id, after, count } => {
            let request = StreamOrderUpdatesRequest { user_id, after_sequence: after, ..Default::default() };
            print_all(orders.stream_order_updates(ctx, request).await?, count).await
        }
        Command::PlaceOrder { user_id, lines, note } => {
            print(&orders.place_order(ctx, order(user_id, &lines, note)?).await?)
        }
        Command::UpdateOrderStatus { order_id, status } => {
            let request = UpdateOrderStatusRequest { order_id, status: status.into(), version: None };
            print(&orders.update_order_status(ctx, request).await?)
        }
        Command::Upload { upload_id, file, chunk_size } => {
            let chunks = chunks(upload_id, &file, chunk_size).await?;
            print(&uploads.upload_chunks(ctx, chunks).await?)
        }
        Command::ProcessBatch { process_id, users } => {
            let requests: Result<Vec<_>, _> =
                users.iter().map(|user| registration(&process_id, user)).collect();
            print(&uploads.process_batch(ctx, RequestStream::from_iter(requests?)).await?)
        }
        Command::Chat { session_id, user_id, messages, count } => {
            let join = String::new();
            let messages = std::iter::once(join).chain(messages).map(move |message| ChatMessage {
                session_id: session_id.clone(),
                user_id: user_id.clone(),
                message,
                ..Default::default()
            });
            converse(messages.collect(), count, |requests| chats.chat(ctx, requests)).await
        }
        Command::Monitor { service_id, interval, count } => {
            let interval = Duration::try_from_secs_f64(interval).context("--interval")?.try_into().ok();
            let request = MonitorRequest { service_id, interval, ..Default::default() };
            converse(vec![request], count.or(Some(usize::MAX)), |requests| chats.monitor(ctx, requests)).await
        }
    }
}

fn print(answer: &impl Debug) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout(), "{answer:?}")?)
}

/// Prints a stream up to its end, or the first `count` messages: to drop the rest cancels the call.
async fn print_all<T: Debug, E: ErrorSet>(
    mut answers: ResponseStream<T, E>,
    count: Option<usize>,
) -> anyhow::Result<()> {
    let mut left = count.unwrap_or(usize::MAX);
    while left > 0 {
        let Some(answer) = answers.message().await? else { break };
        print(&answer)?;
        left -= 1;
    }
    Ok(())
}

/// Sends `requests`. With a `count` it keeps its side open until so many answers have come; without, it has no more to
/// say and waits for the end.
async fn converse<Req, Res, E, F>(
    requests: Vec<Req>,
    count: Option<usize>,
    call: impl FnOnce(RequestStream<Req>) -> F,
) -> anyhow::Result<()>
where
    Req: Send + 'static,
    Res: Debug,
    E: ErrorSet,
    F: Future<Output = Result<ResponseStream<Res, E>, E>>,
{
    let (sender, stream) = RequestStream::channel(CAPACITY);
    let sending = async {
        let mut sender = Some(sender);
        for request in requests {
            if let Some(sender) = &sender {
                sender.send(request).await?;
            }
        }
        if count.is_none() {
            sender = None;
        }
        anyhow::Ok(sender)
    };
    let receiving = async { print_all(call(stream).await?, count).await };
    let (_open, ()) = tokio::try_join!(sending, receiving)?;
    Ok(())
}

fn order(user_id: String, lines: &[String], note: Option<String>) -> anyhow::Result<PlaceOrderRequest> {
    let line = |line: &String| {
        let (product_id, quantity) = line.split_once('=').unwrap_or((line, "1"));
        let quantity = quantity.parse().with_context(|| format!("{line:?}: a quantity is a number"))?;
        anyhow::Ok(Line { product_id: product_id.to_owned(), quantity })
    };
    Ok(PlaceOrderRequest {
        user_id,
        lines: lines.iter().map(line).collect::<Result<_, _>>()?,
        shipping_address: Some(Address {
            lines: vec!["12 St James's Square".to_owned()],
            city: "London".to_owned(),
            postal_code: "SW1Y 4JH".to_owned(),
            country_code: "GB".to_owned(),
            location: None,
        }),
        payment: Some(Payment { method: Some(Method::Invoice(Invoice { due_days: 14 })) }),
        note,
        request_id: uuid::Uuid::new_v4().to_string(),
        ..Default::default()
    })
}

fn registration(process_id: &str, user: &str) -> anyhow::Result<ProcessRequest> {
    let (name, email) = split(user, "NAME=EMAIL")?;
    let request = CreateUserRequest { name: name.to_owned(), email: email.to_owned(), ..Default::default() };
    let data = Some(RequestData { kind: Some(Kind::CreateUser(request)) });
    Ok(ProcessRequest { process_id: process_id.to_owned(), data })
}

/// The chunks of a file, read as they are sent.
async fn chunks(upload_id: String, path: &Path, size: usize) -> anyhow::Result<RequestStream<Chunk>> {
    let mut file = tokio::fs::File::open(path).await.with_context(|| path.display().to_string())?;
    let expected_size = file.metadata().await?.len().try_into().ok();
    let filename = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (sender, stream) = RequestStream::channel(CAPACITY);
    tokio::spawn(async move {
        let mut info = Some(FileInfo { filename, expected_size, ..Default::default() });
        for sequence in 0.. {
            let mut data = Vec::new();
            if let Err(error) = (&mut file).take(size.max(1) as u64).read_to_end(&mut data).await {
                // Nobody hears of it if the call has ended before.
                let _ = sender.fail(Status::from_error(error.into())).await;
                return;
            }
            // An empty file is one empty chunk.
            if data.is_empty() && sequence > 0 {
                return;
            }
            let crc32 = Some(crc32fast::hash(&data));
            let chunk = Chunk { upload_id: upload_id.clone(), sequence, data, crc32, info: info.take() };
            if sender.send(chunk).await.is_err() {
                return;
            }
        }
    });
    Ok(stream)
}
