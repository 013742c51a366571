// Package store keeps the checkpointed state of Cloud Assistants.
package store
