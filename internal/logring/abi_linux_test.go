package logring

import (
	"errors"
	"syscall"
	"testing"
	"unsafe"
)

// TestLayout holds the structs to the offsets in include/uapi/linux/io_uring.h.
func TestLayout(t *testing.T) {
	for _, c := range []struct {
		what      string
		got, want uintptr
	}{
		{"io_uring_sqe", unsafe.Sizeof(sqe{}), 64},
		{"io_uring_sqe.fd", unsafe.Offsetof(sqe{}.fd), 4},
		{"io_uring_sqe.off", unsafe.Offsetof(sqe{}.off), 8},
		{"io_uring_sqe.addr", unsafe.Offsetof(sqe{}.addr), 16},
		{"io_uring_sqe.len", unsafe.Offsetof(sqe{}.len), 24},
		{"io_uring_sqe.fsync_flags", unsafe.Offsetof(sqe{}.fsync), 28},
		{"io_uring_sqe.user_data", unsafe.Offsetof(sqe{}.user), 32},
		{"io_uring_cqe", unsafe.Sizeof(cqe{}), 16},
		{"io_uring_cqe.res", unsafe.Offsetof(cqe{}.res), 8},
		{"io_sqring_offsets", unsafe.Sizeof(sqOffsets{}), 40},
		{"io_sqring_offsets.array", unsafe.Offsetof(sqOffsets{}.array), 24},
		{"io_cqring_offsets", unsafe.Sizeof(cqOffsets{}), 40},
		{"io_cqring_offsets.cqes", unsafe.Offsetof(cqOffsets{}.cqes), 20},
		{"io_uring_params", unsafe.Sizeof(params{}), 120},
		{"io_uring_params.features", unsafe.Offsetof(params{}.features), 20},
		{"io_uring_params.sq_off", unsafe.Offsetof(params{}.sq), 40},
		{"io_uring_params.cq_off", unsafe.Offsetof(params{}.cq), 80},
	} {
		if c.got != c.want {
			t.Errorf("%s is %d, want %d", c.what, c.got, c.want)
		}
	}
}

func TestOutcomes(t *testing.T) {
	const length = 100
	for _, c := range []struct {
		name string
		done cqe
		n    int
		err  error
	}{
		{"synced", cqe{user: didSync}, length, nil},
		{"written", cqe{res: length}, length, nil},
		{"short", cqe{res: 7}, 7, nil},
		{"full", cqe{res: -int32(syscall.ENOSPC)}, 0, syscall.ENOSPC},
		{"interrupted", cqe{res: -int32(syscall.EINTR)}, 0, errInterrupted},
		{"write taken back", cqe{res: -int32(syscall.ECANCELED)}, 0, ErrRefused},
		{"sync taken back", cqe{user: didSync, res: -int32(syscall.ECANCELED)}, 0, ErrRefused},
		{"sync interrupted", cqe{user: didSync, res: -int32(syscall.EINTR)}, 0, syscall.EINTR},
		{"broken", cqe{user: didSync, res: -int32(syscall.EIO)}, 0, syscall.EIO},
	} {
		if n, err := c.done.outcome(length); n != c.n || !errors.Is(err, c.err) {
			t.Errorf("%s: %d, %v; want %d, %v", c.name, n, err, c.n, c.err)
		}
	}
}
