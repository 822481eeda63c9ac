#include "flights.h"

#include <stdlib.h>
#include <string.h>

void flights_add(flights_t *flights, const flight_t *f)
{
    if (flights->count == flights->cap) {
        flights->cap = 2 * flights->cap + 4;
        flights->all = (flight_t *)realloc(flights->all, flights->cap * sizeof *f);
        if (flights->all == NULL) {
            abort();
        }
    }
    flights->all[flights->count++] = *f;
}

void flights_free(flights_t *flights)
{
    free(flights->all);
    memset(flights, 0, sizeof *flights);
}
