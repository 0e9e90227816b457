/* Orders for qsort and bsearch.
 */
#ifndef LT_BASE_ORDER_H
#define LT_BASE_ORDER_H

/* Doubles from small to large; none may be NaN. */
static inline int lt_by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

#endif
