using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;

// What Microsoft.Reactive.Testing 3.1.1 looks for in System.Reactive.Interfaces lives in System.Reactive now.
[assembly: TypeForwardedTo(typeof(IScheduler))]
[assembly: TypeForwardedTo(typeof(System.Reactive.IObserver<,>))]
