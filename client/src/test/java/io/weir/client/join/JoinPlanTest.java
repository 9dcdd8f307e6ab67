package io.weir.client.join;

import static io.weir.client.join.FakeTable.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.client.TableDescription;
import io.weir.codec.WeirException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JoinPlanTest {
    private static final TableDescription ORDERS = table(
            "orders",
            1,
            2,
            List.of("customer", "id"),
            List.of("customer"),
            "customer STRING NOT NULL",
            "id BIGINT NOT NULL",
            "amount DECIMAL(10,2)");
    private static final TableDescription CUSTOMERS = table(
            "customers",
            2,
            1,
            List.of("name"),
            List.of("name"),
            "name STRING NOT NULL",
            "city STRING NOT NULL",
            "id BIGINT");

    private static TableDescription output(String... columns) {
        return table("joined", 3, 2, List.of("customer", "id"), List.of("customer"), columns);
    }

    private static JoinPlan plan(JoinKind kind, TableDescription output, JoinColumns columns) {
        return JoinPlan.of(kind, ORDERS, CUSTOMERS, output, columns);
    }

    private static final JoinColumns ID_OF_LEFT =
            new JoinColumns("", "", Map.of("id", new JoinColumns.Named(JoinSide.LEFT, "id")));

    @Test
    void columnsAreFoundByNameByPrefixAndAsSaid() {
        JoinPlan plan = plan(
                JoinKind.LEFT,
                output("customer STRING NOT NULL", "id BIGINT NOT NULL", "c_city STRING", "number BIGINT"),
                new JoinColumns("", "c_", Map.of("number", new JoinColumns.Named(JoinSide.RIGHT, "id"))));

        assertThat(JoinPlan.names(plan.leftColumns())).containsExactly("customer", "id");
        assertThat(JoinPlan.names(plan.rightColumns())).containsExactly("name", "city", "id");
        assertThat(plan.key()).containsExactly(new JoinPlan.Pair("customer", "name", "customer"));
        assertThat(plan.sources())
                .extracting(JoinPlan.Source::side)
                .containsExactly(JoinSide.LEFT, JoinSide.LEFT, JoinSide.RIGHT, JoinSide.RIGHT);
        assertThat(plan.sources()).extracting(JoinPlan.Source::column).containsExactly(0, 1, 1, 2);
    }

    @Test
    void aNameOfBothSidesMustBeSaidOutright() {
        refused(
                JoinKind.INNER,
                output("customer STRING NOT NULL", "id BIGINT NOT NULL"),
                JoinColumns.BY_NAME,
                "output column 'id' may be 'id' of db.orders or 'id' of db.customers");
    }

    @Test
    void aColumnOfNeitherSideIsNamed() {
        refused(
                JoinKind.INNER,
                output("customer STRING NOT NULL", "id BIGINT NOT NULL", "town STRING"),
                ID_OF_LEFT,
                "output column 'town' is no column of db.orders");
    }

    @Test
    void typesMustAgree() {
        refused(
                JoinKind.INNER,
                output("customer STRING NOT NULL", "id BIGINT NOT NULL", "amount DOUBLE"),
                ID_OF_LEFT,
                "output column 'amount' is DOUBLE, and 'amount' of the left table is DECIMAL(10,2)");
    }

    @Test
    void unmatchedRowsNeedNullableColumns() {
        TableDescription output = output("customer STRING NOT NULL", "id BIGINT NOT NULL", "city STRING NOT NULL");

        assertThat(plan(JoinKind.INNER, output, ID_OF_LEFT).sources()).hasSize(3);
        refused(
                JoinKind.LEFT,
                output,
                ID_OF_LEFT,
                "output column 'city' is NOT NULL, but is null where a left row has no right row");
    }

    @Test
    void outputKeyMustTellJoinedRowsApart() {
        refused(
                JoinKind.INNER,
                table(
                        "joined",
                        3,
                        2,
                        List.of("customer"),
                        List.of("customer"),
                        "customer STRING NOT NULL",
                        "city STRING"),
                JoinColumns.BY_NAME,
                "'id' is in the primary key of db.orders and must be in that of db.joined");
    }

    @Test
    void outputMustBeFoundByTheJoinKey() {
        refused(
                JoinKind.INNER,
                table(
                        "joined",
                        3,
                        2,
                        List.of("customer", "id"),
                        List.of("id"),
                        "customer STRING NOT NULL",
                        "id BIGINT NOT NULL"),
                ID_OF_LEFT,
                "the bucket key of db.joined is [id], which must be the join key [customer]");
    }

    @Test
    void logTablesAndPartitionedTablesAreRefused() {
        TableDescription log = table("log", 4, 1, List.of(), List.of(), "customer STRING");
        assertThatThrownBy(() ->
                        JoinPlan.of(JoinKind.INNER, log, CUSTOMERS, output("customer STRING NOT NULL"), ID_OF_LEFT))
                .hasMessageContaining("db.log has no primary key");
    }

    @Test
    void outputMustKeepTheLastRowAndBeAnother() {
        TableDescription counting = new TableDescription(
                "db",
                "joined",
                1,
                output("customer STRING NOT NULL", "id BIGINT NOT NULL").schema(),
                List.of("customer", "id"),
                List.of("customer"),
                List.of(),
                1,
                Map.of("merge-engine", "first-row"));
        refused(JoinKind.INNER, counting, ID_OF_LEFT, "merge-engine=first-row");
        refused(JoinKind.INNER, counting, ID_OF_LEFT, "db.joined is the output and one of the two sides");
    }

    @Test
    void joinKeysOfTwoTypesAreRefused() {
        TableDescription numbers =
                table("numbers", 5, 1, List.of("name"), List.of("name"), "name BIGINT NOT NULL", "city STRING");
        assertThatThrownBy(() -> JoinPlan.of(
                        JoinKind.INNER,
                        ORDERS,
                        numbers,
                        output("customer STRING NOT NULL", "id BIGINT NOT NULL"),
                        ID_OF_LEFT))
                .isInstanceOf(WeirException.class)
                .hasMessageContaining("a join key has one type");
    }

    private static void refused(JoinKind kind, TableDescription output, JoinColumns columns, String why) {
        assertThatThrownBy(() -> plan(kind, output, columns))
                .isInstanceOf(WeirException.class)
                .hasMessageContaining("do not fit a delta join")
                .hasMessageContaining(why);
    }
}
