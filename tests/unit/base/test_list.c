#include <criterion/criterion.h>
#include "base/list.h"

struct item {
    int value;
    struct list link;
};

static int value_of(struct list *l)
{
    return CONTAINER_OF(l, struct item, link)->value;
}

static int as_number(struct list *head)
{
    int n = 0;
    list_for_each (it, head) {
        n = n * 10 + value_of(it);
    }
    return n;
}

Test(list, order)
{
    struct list head;
    struct item a = {.value = 1}, b = {.value = 2}, c = {.value = 3};
    list_init(&head);
    cr_assert(list_empty(&head));
    list_append(&head, &a.link);
    list_append(&head, &b.link);
    list_prepend(&head, &c.link);
    cr_assert(!list_empty(&head));
    cr_assert_eq(as_number(&head), 312);
}

Test(list, removal)
{
    struct list head;
    struct item a = {.value = 1}, b = {.value = 2}, c = {.value = 3};
    list_init(&head);
    list_append(&head, &a.link);
    list_append(&head, &b.link);
    list_append(&head, &c.link);
    list_remove(&b.link);
    cr_assert_eq(as_number(&head), 13);
    list_remove(&b.link); /* not linked: harmless */
    cr_assert_eq(as_number(&head), 13);
    list_append(&head, &b.link);
    cr_assert_eq(as_number(&head), 132);
}

Test(list, shift_takes_the_first)
{
    struct list head;
    struct item a = {.value = 1}, b = {.value = 2};
    list_init(&head);
    list_append(&head, &a.link);
    list_append(&head, &b.link);
    cr_assert_eq(value_of(list_shift(&head)), 1);
    cr_assert_eq(value_of(list_shift(&head)), 2);
    cr_assert_null(list_shift(&head));
    cr_assert(list_empty(&a.link));
}

Test(list, safe_iteration_may_remove)
{
    struct list head;
    struct item items[6];
    list_init(&head);
    for (int i = 0; i < 6; i++) {
        items[i].value = i + 1;
        list_append(&head, &items[i].link);
    }
    list_for_each_safe (it, &head) {
        if (value_of(it) % 2 == 0)
            list_remove(it);
    }
    cr_assert_eq(as_number(&head), 135);
}
