//! The faults of calls.

use std::time::Duration;

use roomwright::simulator::{Fault, FaultKind, Later};

/// One call in five fails.
pub(super) fn faults() -> Vec<Fault> {
    let status = |status, kind: &str| FaultKind::Status {
        status,
        retry_after: None,
        body: match kind {
            "" => String::new(),
            kind => serde_json::json!({
                "error": { "message": "no", "type": kind, "stack": "", "hresult": -2147467259 },
                "status": 1,
                "statusCode": status,
            })
            .to_string(),
        },
    };
    let later = Later::After(Duration::from_millis(200));
    let kinds = [
        (0.04, status(500, "System.NullReferenceException")),
        (0.02, status(500, "")),
        (0.03, FaultKind::Html(502)),
        (0.03, FaultKind::CloseBefore),
        (0.03, FaultKind::DoAndDrop),
        (0.02, FaultKind::DoThenStatus(502)),
        (0.02, FaultKind::DropAndDoLater(later)),
        (0.01, FaultKind::AnswerAndDoLater { status: 504, later }),
        (0.01, FaultKind::TruncatedJson),
    ];
    kinds
        .into_iter()
        .map(|(chance, kind)| Fault::on("*", "*", kind).with_probability(chance))
        .collect()
}
