//go:build enow_ccore

#include "../../../../components/enow_link/host_test/scenario/count.c"
