//! wizer's two halves, with what it needs in between.

use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasmi::Val;
use wasmtime_wizer::{InstanceState, ModuleContext, SnapshotVal, ValType, Wizer};

use super::engine::Running;

/// The module of `context` with the globals of `running`, or with zeros; exports as wizer leaves them, memories empty.
pub(super) fn snapshot(
    wizer: &Wizer,
    context: &ModuleContext<'_>,
    running: Option<&mut Running>,
) -> Result<Vec<u8>, String> {
    let mut state = State { running };
    let done = pin!(wizer.snapshot(context, &mut state));
    match done.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done.map_err(|error| format!("{error:#}")),
        Poll::Pending => unreachable!("BUG: everything it waits for is there"),
    }
}

struct State<'a> {
    running: Option<&'a mut Running>,
}

impl InstanceState for State<'_> {
    fn global_get(
        &mut self,
        name: &str,
        type_hint: ValType,
    ) -> impl Future<Output = SnapshotVal> + Send {
        ready(match &self.running {
            Some(running) => match running.global(name) {
                Val::I32(value) => SnapshotVal::I32(value),
                Val::I64(value) => SnapshotVal::I64(value),
                Val::F32(value) => SnapshotVal::F32(value.to_bits()),
                Val::F64(value) => SnapshotVal::F64(value.to_bits()),
                Val::V128(value) => SnapshotVal::V128(value.as_u128()),
                _ => unreachable!("BUG: wizer refuses references"),
            },
            None => match type_hint {
                ValType::I64 => SnapshotVal::I64(0),
                ValType::F32 => SnapshotVal::F32(0),
                ValType::F64 => SnapshotVal::F64(0),
                ValType::V128 => SnapshotVal::V128(0),
                _ => SnapshotVal::I32(0),
            },
        })
    }

    /// Empty: [`memory`](super::memory) does this.
    fn memory_contents(
        &mut self,
        _: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) -> impl Future<Output = ()> + Send {
        contents(&[]);
        ready(())
    }
}
