//! Whatever a record holds, it is either read, and written again as it was understood, or refused.
#![no_main]

use lastrites_model::record_io;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = record_io::read_bytes(bytes) {
        let text = record_io::write(&record);
        let again = record_io::read(&text).expect("its own text");
        assert_eq!(record_io::write(&again), text);
    }
});
