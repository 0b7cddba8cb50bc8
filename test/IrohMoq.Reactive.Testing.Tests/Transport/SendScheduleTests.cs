using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests.Transport;

[Parallelizable(ParallelScope.All)]
public class SendScheduleTests
{
    [Test]
    public void HigherPriorities_GoFirst()
    {
        var schedule = new SendSchedule(turn: 10);
        Item[] items = [new("a", new(3, 0, 0)), new("b", new(255, 0, 0)), new("c", new(64, 0, 0)), new("d", new(63, 0, 0)), new("e")];
        Assert.That(Sent(schedule, items), Is.EqualTo("b c d a e"));
    }

    [Test]
    public void UrgentItems_GoBeforeEveryPriority()
    {
        var schedule = new SendSchedule(turn: 10);
        Assert.That(Sent(schedule, new Item("a", new(255, 0, 0)), new Item("control", isUrgent: true)), Is.EqualTo("control a"));
    }

    [Test]
    public void UrgentItems_ThatAreGivenAnOrder_GoByIt()
    {
        var schedule = new SendSchedule(turn: 10);
        var answer = new Item("answer", isUrgent: true);
        schedule.Add(answer);
        schedule.Reorder(answer, new SendOrder(4, 1, 0));
        Assert.That(Sent(schedule, new("a", new(5, 0, 0)), new("b", new(3, 0, 0)), new("control", isUrgent: true)),
            Is.EqualTo("control a answer b"));
    }

    [Test]
    public void AFlow_GoesByPosition_AndTheFirstComerFirstWithinOne()
    {
        var schedule = new SendSchedule(turn: 100);
        Assert.That(
            Sent(
                schedule,
                new("a", new(1, 7, 5)), new("b", new(1, 7, -5)), new("c", new(1, 7, long.MaxValue)),
                new("d", new(1, 7, 5)), new("e", new(1, 7, 0))),
            Is.EqualTo("b e a d c"));
    }

    [Test]
    public void FlowsOfOnePriority_TakeTurns()
    {
        var schedule = new SendSchedule(turn: 10);
        // Five bytes each, so a turn sends two.
        Item[] items =
        [
            .. Enumerable.Range(0, 4).Select(i => new Item($"a{i}", new(0, 1, i))),
            .. Enumerable.Range(0, 4).Select(i => new Item($"b{i}", new(0, 2, i))),
        ];
        Assert.That(Sent(schedule, items), Is.EqualTo("a0 a1 b0 b1 a2 a3 b2 b3"));
    }

    [Test]
    public void ItemsWithoutAnOrder_AreFlowsOfTheirOwn_AndShare()
    {
        var schedule = new SendSchedule(turn: 10);
        Assert.That(Sent(schedule, new("a", bytes: 20), new("b", bytes: 10), new("c", bytes: 15)), Is.EqualTo("a a b b c c a a c"));
    }

    [Test]
    public void AFlowThatIsInterruptedByAHigherPriority_KeepsTheRestOfItsTurn()
    {
        var schedule = new SendSchedule(turn: 10);
        var (a, b, urgent) = (new Item("a", bytes: 20), new Item("b", bytes: 20), new Item("u", new(9, 0, 0)));
        schedule.Add(a);
        schedule.Add(b);
        Assert.That(SendOne(schedule), Is.EqualTo("a"));
        schedule.Add(urgent);
        Assert.That(Sent(schedule), Is.EqualTo("u a b b a a b b"));
    }

    [Test]
    public void AnItemThatIsBlocked_LeavesItsFlowToTheNext_AndComesBack()
    {
        var schedule = new SendSchedule(turn: 1000);
        var (first, second) = (new Item("first", new(0, 1, 0), bytes: 10), new Item("second", new(0, 1, 1), bytes: 15));
        schedule.Add(second);
        schedule.Add(first);
        Assert.That(SendOne(schedule), Is.EqualTo("first"));
        schedule.Remove(first);
        Assert.That(SendOne(schedule), Is.EqualTo("second"));
        schedule.Add(first);
        Assert.That(Sent(schedule), Is.EqualTo("first second second"));
    }

    [Test]
    public void Reorder_MovesWhatWaits_AndWhatComesLater()
    {
        var schedule = new SendSchedule(turn: 10);
        var (a, b, later) = (new Item("a"), new Item("b", new(1, 1, 1)), new Item("later"));
        schedule.Add(a);
        schedule.Add(b);
        schedule.Reorder(a, new(2, 1, 1));
        schedule.Reorder(b, new(1, 1, 7));
        schedule.Reorder(later, new(1, 1, 6));
        Assert.That(later.IsScheduled, Is.False);
        schedule.Add(later);
        Assert.That(Sent(schedule), Is.EqualTo("a later b"));
    }

    [Test]
    public void RandomPrograms_AlwaysGiveTheBest_AndForgetNothing()
    {
        var random = new Random(5);
        var schedule = new SendSchedule(turn: 10);
        Item[] items = [.. Enumerable.Range(0, 60).Select(i => new Item($"{i}", isUrgent: i % 20 == 0))];
        for (var i = 0; i < 20_000; i++)
        {
            var item = items[random.Next(items.Length)];
            switch (random.Next(4))
            {
                case 0:
                    schedule.Add(item);
                    break;
                case 1:
                    schedule.Remove(item);
                    break;
                case 2 when !item.IsUrgent || i > 10_000:
                    schedule.Reorder(item, new((byte)random.Next(3), (ulong)random.Next(4), random.Next(5)));
                    break;
                default:
                    schedule.Charge(item, random.Next(12));
                    break;
            }

            var first = (Item?)schedule.First;
            Item[] waiting = [.. items.Where(other => other.IsScheduled)];
            Assert.That(first is null, Is.EqualTo(waiting.Length == 0));
            if (first is null)
                continue;
            Assert.That(Level(first), Is.EqualTo(waiting.Max(Level)));
            if (first.Order is { } order)
            {
                var lowest = waiting
                    .Where(other => other.Order is { } o && (o.Priority, o.Flow) == (order.Priority, order.Flow))
                    .Min(other => other.Order!.Value.Position);
                Assert.That(order.Position, Is.EqualTo(lowest));
            }
        }

        static int Level(Item item) => item.Order?.Priority ?? (item.IsUrgent ? 256 : 0);
    }

    [Test]
    public void AddingAndRemoving_AllocatesNothing_OnceItHasBeenUsed()
    {
        var schedule = new SendSchedule();
        Item[] items =
        [
            .. Enumerable.Range(0, 100).Select(i => new Item($"{i}", i % 2 == 0 ? new SendOrder(1, (ulong)i % 8, i) : null, bytes: 0)),
        ];
        Cycle(20);
        // The runtime itself allocates on this thread when it replaces a method by its optimized code, which happens in few rounds.
        var allocated = Enumerable.Range(0, 10).Min(_ => Measure());
        Assert.That(allocated, Is.Zero);

        long Measure()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Cycle(100);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        void Cycle(int times)
        {
            for (; times > 0; times--)
            {
                foreach (var item in items)
                    schedule.Add(item);
                while (schedule.First is { } first)
                {
                    schedule.Charge(first, 1);
                    schedule.Remove(first);
                }
            }
        }
    }

    private static string Sent(SendSchedule schedule, params Item[] items)
    {
        foreach (var item in items)
            schedule.Add(item);
        var sent = new List<string>();
        while (schedule.First is not null)
            sent.Add(SendOne(schedule));
        return string.Join(' ', sent);
    }

    private static string SendOne(SendSchedule schedule)
    {
        var item = (Item)schedule.First!;
        item.Bytes -= 5;
        schedule.Charge(item, 5);
        if (item.Bytes <= 0)
            schedule.Remove(item);
        return item.Name;
    }

    private sealed class Item : ScheduledItem
    {
        public Item(string name, SendOrder? order = null, int bytes = 5, bool isUrgent = false)
        {
            Name = name;
            Bytes = bytes;
            Order = order;
            IsUrgent = isUrgent;
        }

        public string Name { get; }

        public int Bytes { get; set; }
    }
}
