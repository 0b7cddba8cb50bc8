using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The credit of one stream for the bytes that were read.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ReadCreditTests
{
    private const int Window = 800;

    [Test]
    public void CreditIsDue_WhenAnEighthOfTheWindowWasRead()
    {
        var credit = new ReadCredit(Window);
        credit.OnRead(99);
        Assert.That(credit.IsDue, Is.False);
        credit.OnRead(1);
        Assert.That(credit.IsDue, Is.True);
        var taken = (credit.Take(), credit.Take());
        Assert.That((taken, credit.IsDue), Is.EqualTo(((100L, 0L), false)));
    }

    [Test]
    public void CopiedBytes_AreTakenByTheCore()
    {
        var credit = new ReadCredit(Window);
        credit.OnCopied(300);
        Assert.That(credit.IsDue, Is.False);
        var taken = (credit.TakeArrived(), credit.TakeArrived(), credit.Take());
        Assert.That(taken, Is.EqualTo((300L, 0L, 0L)));
    }

    [Test]
    public void WithheldCredit_IsKept_ForReadAndForCopiedBytes()
    {
        var credit = new ReadCredit(Window);
        var isDue = (credit.TryWithhold(true), credit.TryWithhold(true));
        credit.OnRead(200);
        credit.OnCopied(50);
        Assert.That((isDue, credit.IsWithheld, credit.IsDue), Is.EqualTo(((false, false), true, false)));
        var taken = (credit.TakeArrived(), credit.Take());
        Assert.That(taken, Is.EqualTo((0L, 0L)));
        var granted = (credit.TryWithhold(false), credit.Take());
        Assert.That(granted, Is.EqualTo((true, 250L)));
    }

    [Test]
    public void CreditOfBytesThatWereReadBefore_IsNotWithheld()
    {
        var credit = new ReadCredit(Window);
        credit.OnRead(20);
        var isDue = credit.TryWithhold(true);
        credit.OnRead(30);
        var taken = credit.Take();
        Assert.That((isDue, taken), Is.EqualTo((true, 20L)));
    }
}
