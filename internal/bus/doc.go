// Package bus is the trusted bus: it carries every message with its authenticated sender to the receiver's mailbox, and keeps the receiver's policy.
package bus
