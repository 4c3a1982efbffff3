//! Calls over several connections, beside the same over one.

use std::io;
use std::time::Instant;

use bench::{Child, median};

use crate::case::Work;
use crate::peers::{Client, Who, in_process};
use crate::server;

const AT_ONCE: usize = 256;
const CALLS: u32 = 4_000;
const CONNECTIONS: [usize; 4] = [1, 2, 4, 8];

pub async fn report(rounds: usize) -> io::Result<()> {
    let server = Child::start(&mut server(Who::Rsvc)?)?;
    let mut clients: Vec<(usize, Box<dyn Client>, Vec<f64>)> = Vec::new();
    for count in CONNECTIONS {
        let builder = rsvc::Channel::builder(format!("http://{}", server.address()));
        let channel = builder.connections(count).max_connections(count).connect_lazy();
        clients.push((count, in_process(channel.expect("the endpoint is one")), Vec::new()));
    }
    let work = Work::Unary { items: 1, at_once: AT_ONCE };
    for round in 0..=rounds {
        for (_, client, seconds) in &mut clients {
            let start = Instant::now();
            client.run(work, CALLS).await;
            // The first one connects.
            if round > 0 {
                seconds.push(start.elapsed().as_secs_f64());
            }
        }
    }
    println!("calls a second, {AT_ONCE} at once, median of {rounds} rounds in which all take turns");
    let rate = |seconds: &[f64]| f64::from(CALLS) / median(seconds.iter().copied());
    let base = rate(&clients[0].2);
    for (count, _, seconds) in &clients {
        let rate = rate(seconds);
        println!("{count} connections: {rate:.0} ({:.2} of one)", rate / base);
    }
    Ok(())
}
