import subprocess,sys,time,random,signal,os
n=int(sys.argv[1]); secs=float(sys.argv[2]); binr=sys.argv[3]; pat=sys.argv[4]; gs=sys.argv[5]
ps=[]
for i in range(n):
    env=dict(os.environ,GOMAXPROCS=gs,GOTRACEBACK='all')
    f=open(f'/tmp/breakB/j.{i}','w')
    ps.append(subprocess.Popen([binr,'-test.run',pat,'-test.count=100000','-test.failfast','-test.v','-test.timeout',f'{int(secs)}s'],env=env,stdout=f,stderr=f))
end=time.time()+secs-1
while time.time()<end and any(p.poll() is None for p in ps):
    p=random.choice(ps)
    if p.poll() is None:
        p.send_signal(signal.SIGSTOP); time.sleep(random.choice([0.01,0.05,0.3,0.6])); p.send_signal(signal.SIGCONT)
    time.sleep(random.random()*0.02)
for p in ps:
    p.wait()
for i in range(n):
    t=open(f'/tmp/breakB/j.{i}').read()
    print(i,'passes',t.count('--- PASS'),'fails',t.count('--- FAIL'), [l for l in t.splitlines() if l.startswith('\tTest') or '_test.go:' in l and 'goroutine' not in l and not l.startswith('\t/')][:6])
