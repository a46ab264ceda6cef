//! Job Objects.
//!
//! Sources: learn.microsoft.com/windows/win32/procthread/job-objects and …/nested-jobs.

use super::port::{Pins, watch_job};
use super::sys::{check, own, size};
use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::sync::Arc;
use windows_sys::Win32::Foundation::{ERROR_MORE_DATA, HANDLE};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK, JOBOBJECT_ASSOCIATE_COMPLETION_PORT,
    JOBOBJECT_BASIC_PROCESS_ID_LIST, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectAssociateCompletionPortInformation, JobObjectBasicProcessIdList,
    JobObjectExtendedLimitInformation, QueryInformationJobObject, SetInformationJobObject,
    TerminateJobObject,
};

/// A job. Most end their processes when their last handle is closed; ours is not inheritable, so that this
/// also happens when we are killed.
#[derive(Debug)]
pub(super) struct Job {
    handle: OwnedHandle,
    pins: Option<Arc<Pins>>,
}

impl Job {
    /// A job that ends nothing: it only knows its processes.
    pub(super) fn plain() -> io::Result<Job> {
        // SAFETY: null attributes and name: a nameless job whose handle is not inheritable.
        let handle = own(unsafe { CreateJobObjectW(std::ptr::null(), std::ptr::null()) })?;
        Ok(Job { handle, pins: None })
    }

    /// A job with JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, and JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK if asked for.
    pub(super) fn new(breakaway: bool) -> io::Result<Job> {
        let job = Job::plain()?;
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        if breakaway {
            limits.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
        }
        job.set(JobObjectExtendedLimitInformation, &limits)?;
        Ok(job)
    }

    /// The same, and every process that enters it keeps its id until the job is dropped.
    pub(super) fn watched() -> io::Result<Job> {
        let mut job = Job::new(false)?;
        let (port, key, pins) = watch_job()?;
        let port = JOBOBJECT_ASSOCIATE_COMPLETION_PORT {
            CompletionKey: key as *mut _,
            CompletionPort: port.as_raw_handle(),
        };
        job.set(JobObjectAssociateCompletionPortInformation, &port)?;
        job.pins = Some(pins);
        Ok(job)
    }

    fn set<T>(&self, class: i32, information: &T) -> io::Result<()> {
        // SAFETY: each caller passes the structure that belongs to the class, with its size.
        check(unsafe {
            let information: *const T = information;
            SetInformationJobObject(self.handle.as_raw_handle(), class, information.cast(), size::<T>())
        })
    }

    /// Puts a process into the job, inside of the jobs that it is in already.
    pub(super) fn assign(&self, process: &impl AsRawHandle) -> io::Result<()> {
        // SAFETY: both handles are borrowed, so they are open.
        check(unsafe { AssignProcessToJobObject(self.handle.as_raw_handle(), process.as_raw_handle()) })
    }

    /// TerminateJobObject: every process in it ends with this code.
    pub(super) fn terminate(&self, code: u32) -> io::Result<()> {
        // SAFETY: the handle is open.
        check(unsafe { TerminateJobObject(self.handle.as_raw_handle(), code) })
    }

    /// The ids of the processes that are in it and have not ended, in no particular order.
    pub(super) fn processes(&self) -> io::Result<Vec<u32>> {
        let mut room = 64_usize;
        loop {
            // The structure ends in an array of one; more elements follow it.
            let header = size_of::<JOBOBJECT_BASIC_PROCESS_ID_LIST>() / size_of::<usize>();
            let mut buffer = vec![0_usize; header + room];
            let length = u32::try_from(buffer.len() * size_of::<usize>()).unwrap_or(u32::MAX);
            // SAFETY: the buffer is aligned for the structure and `length` bytes long.
            let result = check(unsafe {
                QueryInformationJobObject(
                    self.raw(),
                    JobObjectBasicProcessIdList,
                    buffer.as_mut_ptr().cast(),
                    length,
                    std::ptr::null_mut(),
                )
            });
            match result {
                Err(error) if error.raw_os_error() == Some(ERROR_MORE_DATA.cast_signed()) => room *= 4,
                Err(error) => return Err(error),
                Ok(()) => {
                    let list = buffer.as_ptr().cast::<JOBOBJECT_BASIC_PROCESS_ID_LIST>();
                    // SAFETY: the call succeeded, so the header is filled in, and the array behind it
                    // holds as many ids as it says, which are within the buffer.
                    let ids = unsafe {
                        let count = usize::try_from((*list).NumberOfProcessIdsInList).unwrap_or(0);
                        let first = (&raw const (*list).ProcessIdList).cast::<usize>();
                        std::slice::from_raw_parts(first, count.min(room))
                    };
                    return Ok(ids.iter().filter_map(|&id| u32::try_from(id).ok()).collect());
                }
            }
        }
    }

    fn raw(&self) -> HANDLE {
        self.handle.as_raw_handle()
    }
}
