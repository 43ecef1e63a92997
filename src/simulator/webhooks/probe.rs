//! The probe of a webhook's address before the webhook is accepted (webhooks.md §6, URL probe).

use std::time::Duration;

use super::attempt;
use crate::simulator::portal::Portal;
use crate::simulator::wire::refusal::{Exception, Phrase, Refusal};

const LIMIT: Duration = Duration::from_secs(10);
/// The server's own requests have a trace header; deliveries do not.
const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/// An address that has to answer before a webhook can use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Probe {
    pub(crate) url: String,
    pub(crate) ssl: bool,
}

impl Portal {
    /// Sends an unsigned HEAD request to the address; refuses anything but 2xx.
    pub(crate) async fn probe(&self, probe: &Probe) -> Result<(), Refusal> {
        let destination = self
            .destination(&probe.url, probe.ssl)
            .await
            .map_err(|_| Refusal::Argument(Phrase::WebhookUrl))?;
        let request = destination.client.head(destination.url.clone());
        let answer = request
            .header("traceparent", TRACE)
            .timeout(LIMIT)
            .send()
            .await
            .map_err(|fault| unanswered(&fault))?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(Refusal::Argument(Phrase::WebhookUrl))
        }
    }
}

fn unanswered(fault: &reqwest::Error) -> Refusal {
    if fault.is_timeout() {
        return Refusal::Thrown(
            Exception::TaskCanceled,
            "The request was canceled due to the configured HttpClient.Timeout of 10 seconds elapsing.",
        );
    }
    if fault.is_connect() && !attempt::is_refused(fault) {
        return Refusal::Thrown(
            Exception::Tls,
            "The SSL connection could not be established, see inner exception.",
        );
    }
    Refusal::Thrown(
        Exception::HttpRequest,
        "An error occurred while sending the request.",
    )
}
