#include "app/proportion.h"

#include <math.h>

static const double Z = 1.959963984540054; /* 97.5 % of the standard normal distribution */

struct lt_interval lt_proportion(int64_t hits, int64_t n)
{
    double rows = (double)n, p = (double)hits / rows, z2 = Z * Z;
    double centre = p + z2 / (2 * rows), scale = 1 + z2 / rows;
    double half = Z * sqrt(p * (1 - p) / rows + z2 / (4 * rows * rows));
    return (struct lt_interval){.value = p,
                                .low = hits == 0 ? 0 : (centre - half) / scale,
                                .high = hits == n ? 1 : (centre + half) / scale};
}

/* As the Wald interval, after one more row on either side. */
struct lt_interval lt_proportion_difference(int64_t only_first, int64_t only_second, int64_t n)
{
    double rows = (double)n + 2;
    double first = ((double)only_first + 1) / rows, second = ((double)only_second + 1) / rows;
    double middle = first - second;
    double half = Z * sqrt((first + second - middle * middle) / rows);
    return (struct lt_interval){.value = (double)(only_first - only_second) / (double)n,
                                .low = fmax(middle - half, -1),
                                .high = fmin(middle + half, 1)};
}
