//! The postgres driver.
