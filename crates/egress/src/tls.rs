//! The process-wide TLS implementation.

/// Makes *ring* the TLS crypto provider of this process. Calling it again, or after another provider was
/// installed, changes nothing.
pub fn install_crypto_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Losing a race means that another thread has just installed one.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
}
